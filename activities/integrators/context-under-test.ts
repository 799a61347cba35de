import type { LakeObject, ObjectInfo } from "../../sdk/contracts/object.ts";
import type { TaskContext } from "../../sdk/execution/context.ts";

/** An object of the lake whose content stands in memory. */
export function lakeObject(info: Partial<ObjectInfo> = {}, content: Uint8Array = new Uint8Array()): LakeObject {
  const number = info.number ?? 1;
  return {
    id: String(number),
    number,
    store: "s3",
    container: "campus",
    key: `object-${number}`,
    version: "v1",
    type: "text/csv",
    size: content.byteLength,
    lastModified: "2026-01-01T00:00:00.000Z",
    user: "",
    project: "campus",
    application: "",
    dataProcessing: "default",
    metadata: {},
    ...info,
    async *read({ start = 0, end = content.byteLength } = {}) {
      const step = 64 * 1024;
      for (let at = start; at < end; at += step) yield content.subarray(at, Math.min(at + step, end));
    },
    bytes: async () => content,
    text: async () => new TextDecoder().decode(content),
  };
}

export function contextOf(object: LakeObject, signal: AbortSignal = new AbortController().signal): TaskContext {
  const quiet = () => undefined;
  return {
    signal,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    attempt: 1,
    object,
    run: { workflowId: "under-test", runId: "run", dag: "dag", node: "node" },
    heartbeat: quiet,
    position: undefined,
  };
}

/** Far above what a real lake counts to by itself, so that no two test files speak of the same object. */
let next = 1_000_000_000 + Math.floor(Math.random() * 1_000_000_000);

/** A context about an object that no other test has. */
export function freshContext(info: Partial<ObjectInfo> = {}, signal?: AbortSignal): TaskContext {
  next += 1;
  return contextOf(lakeObject({ number: next, ...info }), signal);
}

export async function* streamOf<Row>(rows: Iterable<Row>): AsyncGenerator<Row> {
  yield* rows;
}
