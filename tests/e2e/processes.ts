import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { access, readFile, rm } from "node:fs/promises";
import { nodeProcess } from "../../infra/local/engine.ts";
import { until } from "./until.ts";

/** A gateway or a worker in a process of its own, that can be killed and started again. */
export type EngineProcess = AsyncDisposable & {
  pid(): number;
  start(): Promise<void>;
  /** SIGKILL: no time to say goodbye. */
  kill(): Promise<void>;
  /** What it has logged so far. */
  log(): Promise<string>;
  /** SIGTERM, and until it has closed everything. */
  stop(): Promise<void>;
};

export type Launch = {
  /** Below the root of the repository: `gateway/main`. */
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: string;
  readonly ready: () => Promise<boolean>;
  /** Called before each start. */
  readonly prepare?: () => Promise<void>;
};

const startTimeout = 60_000;

/** A worker, which is ready once it has written the file that `SLUICE_READY_FILE` names. */
export function workerProcess({
  env,
  log,
  entry = "workers/main",
}: Pick<Launch, "env" | "log"> & { readonly entry?: string }): EngineProcess {
  const file = env["SLUICE_READY_FILE"] ?? "";
  const ready = () =>
    access(file).then(
      () => true,
      () => false,
    );
  return engineProcess({ entry, env, log, ready, prepare: () => rm(file, { force: true }) });
}

export function engineProcess({ entry, env, log, ready, prepare }: Launch): EngineProcess {
  const launch = nodeProcess(entry, {});
  let child: ChildProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!child || hasEnded(child)) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  return {
    pid: () => child?.pid ?? 0,
    async start() {
      await prepare?.();
      const output = openSync(log, "a");
      const starting = spawn(launch.command, launch.args, { env: { ...env, ...launch.env }, stdio: ["ignore", output, output] });
      closeSync(output);
      child = starting;
      await until(`${entry} is ready`, startTimeout, async () => {
        if (hasEnded(starting)) throw new Error(`${entry} ended before it was ready:\n${await readFile(log, "utf8")}`);
        return await ready();
      });
    },
    kill: () => end("SIGKILL"),
    log: () => readFile(log, "utf8"),
    stop: () => end("SIGTERM"),
    [Symbol.asyncDispose]: () => end("SIGTERM"),
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
