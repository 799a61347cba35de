// Loads the DAG files that `load-apart.ts` names, one after another, and whatever they do as they are loaded, they do here.
import { setTimeout as sleep } from "node:timers/promises";
import { importBundle } from "./code.ts";
import { loadHere } from "./load-here.ts";
import { type Answer, type Job, mapFile, mapTable } from "./load-messages.ts";
import type { LoadOptions } from "./load.ts";
import { describeTask, withoutBody } from "./plan-file/tasks.ts";

/** How long what a file set going as it was imported is watched for errors, in milliseconds. */
const watch = 1_000;

const end = process.exit.bind(process);
process.exit = (code) => {
  throw new Error(`It called process.exit(${code ?? ""})`);
};

let fail: ((thrown: unknown) => void) | undefined;
process.on("uncaughtException", (thrown) => fail?.(thrown));

/** Errors that nobody awaits are the file's as well: a worker that ran its tasks would die of them. */
const importing: LoadOptions["importing"] = async (bundle, cache) => {
  await tell({ state: "importing", bundle: { hash: bundle.hash, inputs: bundle.inputs } });
  const { promise: failed, reject } = Promise.withResolvers<never>();
  fail = reject;
  try {
    return await Promise.race([failed, importAndWatch(bundle, cache)]);
  } finally {
    fail = undefined;
  }
};

const importAndWatch: NonNullable<LoadOptions["importing"]> = async (bundle, cache) => {
  const before = active();
  const exports = await importBundle(bundle, cache);
  const deadline = performance.now() + watch;
  do await sleep(1);
  while (isMore(active(), before) && performance.now() < deadline);
  return exports;
};

/** What keeps this process going, kind by kind: a timer that the file has set is not hidden by a read of ours that has ended. */
function active(): ReadonlyMap<string, number> {
  const kinds = Map.groupBy(process.getActiveResourcesInfo(), (kind) => kind);
  return new Map([...kinds].map(([kind, all]) => [kind, all.length]));
}

function isMore(now: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): boolean {
  return [...now].some(([kind, count]) => count > (before.get(kind) ?? 0));
}

async function work({ file, cache, tasks }: Job): Promise<Answer> {
  try {
    const loaded = await loadHere({ cache, importing }).load(file, mapTable(tasks, withoutBody));
    return { state: "loaded", loaded: mapFile(loaded, describeTask) };
  } catch (thrown) {
    return { state: "failed", reason: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
  }
}

function tell(answer: Answer): Promise<void> {
  return new Promise((resolve, reject) => process.send?.(answer, undefined, {}, (error) => (error ? reject(error) : resolve())));
}

process.on("message", (job) => void work(job as Job).then(tell));
process.once("disconnect", () => end());
await tell({ state: "ready" });
