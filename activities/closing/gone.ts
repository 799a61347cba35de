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
  for (const { arrival, failure } of gone) {
    const { container, key } = arrival;
    const trace: TraceDocument = {
      _id: `${run.runId}/${container}/${key}`,
      container,
      key,
      version: arrival.version ?? "",
      swift_object_id: "",
      workflow_id: run.workflowId,
      run_id: run.runId,
      door: arrival.door,
      announced: arrival.time,
      claimed: now.toISOString(),
      closed: now.toISOString(),
      content_type: "",
      type_by: "none",
      outcome: "gone",
      dags: [],
      reason: failure,
    };
    await catalog.traces.replaceOne({ _id: trace._id }, trace, { upsert: true });
    const left = { state: "gone" as const, state_since: now, reason: failure, workflow_id: run.workflowId, run_id: run.runId };
    await catalog.documents(container).updateOne({ _id: key }, { $set: left });
  }
}
