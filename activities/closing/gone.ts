import type { Catalog } from "../../infra/catalog.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { TraceDocument } from "../../sdk/contracts/catalog.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import type { RunIdentity } from "../contract.ts";

/** Keeps the news of objects that the store does not hold: in their trace, and on their documents where there are any. */
export async function recordGone(
  catalog: Catalog,
  gone: readonly { readonly arrival: Arrival; readonly failure: Failure }[],
  run: RunIdentity,
  now = new Date(),
): Promise<void> {
  const container = gone[0]?.arrival.container;
  if (container === undefined) return;
  const traces = gone.map(({ arrival, failure }) => goneTrace(arrival, failure, run, now));
  await catalog.traces.bulkWrite(
    traces.map((trace) => ({ replaceOne: { filter: { _id: trace._id }, replacement: trace, upsert: true } })),
    { ordered: false },
  );
  const left = { state: "gone" as const, state_since: now, workflow_id: run.workflowId, run_id: run.runId };
  await catalog.documents(container).bulkWrite(
    gone.map(({ arrival, failure }) => ({ updateOne: { filter: { _id: arrival.key }, update: { $set: { ...left, reason: failure } } } })),
    { ordered: false },
  );
}

/** All that there is to tell of an object that the store does not hold. */
export function goneTrace(
  { container, key, version = "", door, time }: Arrival,
  reason: Failure,
  run: RunIdentity,
  now: Date,
): TraceDocument {
  return {
    _id: `${run.runId}/${container}/${key}`,
    container,
    key,
    version,
    swift_object_id: "",
    workflow_id: run.workflowId,
    run_id: run.runId,
    door,
    announced: time,
    claimed: now.toISOString(),
    closed: now.toISOString(),
    content_type: "",
    type_by: "none",
    outcome: "gone",
    dags: [],
    reason,
  };
}
