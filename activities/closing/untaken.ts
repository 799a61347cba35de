import type { Catalog } from "../../infra/catalog.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { TraceDocument } from "../../sdk/contracts/catalog.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import type { Admitted, RunIdentity } from "../contract.ts";

/** Keeps why objects could not be processed again as was asked, for their traces; their documents stay as they were. */
export async function noteDeclined(
  catalog: Pick<Catalog, "traces">,
  arrivals: readonly Arrival[],
  members: readonly Admitted[],
  run: RunIdentity,
  now = new Date(),
): Promise<void> {
  const traces = members.flatMap((member, index) => {
    const arrival = arrivals[index];
    return member.status === "declined" && arrival ? [untakenTrace("declined", arrival, member.failure, run, now)] : [];
  });
  if (traces.length === 0) return;
  await catalog.traces.bulkWrite(
    traces.map((trace) => ({ replaceOne: { filter: { _id: trace._id }, replacement: trace, upsert: true } })),
    { ordered: false },
  );
}

/** All that there is to tell of an object that no plan took. */
export function untakenTrace(
  outcome: "gone" | "declined",
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
    outcome,
    dags: [],
    reason,
  };
}
