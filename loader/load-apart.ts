import { fork } from "node:child_process";
import { on, once } from "node:events";
import { extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type DagLoader, planFileSuffix } from "./dag-loader.ts";
import { type Answer, type Job, mapFile, mapTable } from "./load-messages.ts";
import { type LoadedFile, nothingOf } from "./loaded.ts";
import { describeTask, withoutBody } from "./plan-file/tasks.ts";
import { loadingEnded } from "./problem.ts";

export type ApartOptions = {
  /** Folder that code bundles are imported from. */
  readonly cache: string;
  /** The longest silence of the process that loads, in milliseconds. */
  readonly patience?: number;
};

type Process = {
  isThere(): boolean;
  /** The next that it tells, or how it ended. */
  next(): Promise<Answer | { readonly state: "ended"; readonly how: string }>;
  send(job: Job): void;
  end(): Promise<void>;
};

/** For the sources to be read and compiled, on the busiest machine, in milliseconds. */
const startPatience = 180_000;
/** Told to end, it has nothing more to do but what files that it loaded keep it at, in milliseconds. */
const endPatience = 5_000;

/**
 * Loads files in a process of its own, which ends with the round: bundler, linter and the modules of all DAG files take
 * a hundred megabytes, and a file that waits forever, ends its process or throws where nobody listens hurts no worker.
 * The bundles stay in the cache; the tasks have no bodies.
 */
export function loadApart({ cache, patience = 60_000 }: ApartOptions): DagLoader {
  let process: Process | undefined;

  async function load(file: string, { next, send }: Process, job: Job): Promise<LoadedFile> {
    send(job);
    let known: Partial<LoadedFile> = {};
    for (;;) {
      const answer = await next();
      if (answer.state === "loaded") return mapFile(answer.loaded, withoutBody);
      if (answer.state === "failed") throw new Error(`${file} could not be loaded: ${answer.reason}`);
      if (answer.state === "importing") known = { codeHash: answer.bundle.hash, inputs: answer.bundle.inputs };
      if (answer.state !== "ended") continue;
      process = undefined;
      return { ...nothingOf(file), ...known, problems: [loadingEnded(file, answer.how)] };
    }
  }

  return {
    async load(path, table) {
      const file = resolve(path);
      // What a file set going as it was loaded may have ended it since.
      if (!process?.isThere()) process = await start(patience);
      const tasks = file.endsWith(planFileSuffix) ? mapTable(table, describeTask) : new Map<string, never>();
      return await load(file, process, { file, cache: resolve(cache), tasks });
    },
    async [Symbol.asyncDispose]() {
      await process?.end();
    },
  };
}

async function start(patience: number): Promise<Process> {
  const program = fileURLToPath(new URL(`load-process${extname(import.meta.url)}`, import.meta.url));
  const child = fork(program, { serialization: "advanced" });
  const answers = on(child, "message", { close: ["exit"] });

  async function next(limit = patience): ReturnType<Process["next"]> {
    const timer = setTimeout(() => child.kill("SIGKILL"), limit);
    const { done, value } = await answers.next();
    clearTimeout(timer);
    if (!done) return (value as [Answer])[0];
    const how = child.signalCode ?? `exit code ${child.exitCode}`;
    return { state: "ended", how: child.killed ? `nothing was heard for ${limit / 1_000} s` : how };
  }

  const first = await next(startPatience);
  if (first.state === "ended") throw new Error(`The process that loads DAG files ended before it had begun: ${first.how}`);
  return {
    next,
    isThere: () => child.connected,
    // Where it cannot be sent, the process has ended, as `next` tells.
    send: (job) => void child.send(job, () => {}),
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      const timer = setTimeout(() => child.kill("SIGKILL"), Math.min(patience, endPatience));
      if (child.connected) child.disconnect();
      await ended;
      clearTimeout(timer);
    },
  };
}
