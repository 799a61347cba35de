import { ParentClosePolicy, sleep, startChild, workflowInfo } from "@temporalio/workflow";
import type { Again, RunIdentity } from "../activities/contract.ts";
import type { Arrival } from "../sdk/contracts/arrival.ts";
import type { Failure } from "../sdk/contracts/errors.ts";
import { fitWorkflowId, objectWorkflowId } from "../sdk/contracts/ids.ts";
import { fitSummary, subjectOf } from "../sdk/contracts/summaries.ts";
import { bookkeeping } from "./bookkeeping.ts";
import type { HandedOver, IngestInput, IngestResult } from "./contract.ts";
import type { PlanRun } from "./run.ts";

type Outcome = IngestResult["outcomes"][number];

export type Missing = { readonly arrival: Arrival; readonly failure: Failure };

/** An object that is announced but not there is looked for again after these pauses, in seconds: it may be on its way. */
export const patience = [1, 2, 4, 8];

/** Starts the object's own run, which this one does not wait for. */
export async function handOver(arrival: Arrival, runs: readonly PlanRun[], again?: Again): Promise<Outcome> {
  const workflowId = objectWorkflowId(arrival.container, arrival.key, arrival.id);
  const handedOver: HandedOver = {
    from: workflowInfo().workflowId,
    runs: runs.map(({ published, custom, settled, steps }) => ({ published, ...(custom !== undefined && { custom }), settled, steps })),
  };
  const { firstExecutionRunId } = await startChild("ingest", {
    // What it takes along says already how it is done again.
    args: [{ arrivals: [arrival], handedOver, ...(again && runs.length === 0 && { again }) } satisfies IngestInput],
    workflowId,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: fitSummary(`${subjectOf([arrival])}, by itself${whyAlone(runs)}`),
    staticDetails: `It left the run of its group, \`${workflowInfo().workflowId}\`, and takes over what was done there.`,
    searchAttributes: {
      SluiceContainer: [arrival.container],
      SluiceTenant: [arrival.tenant],
      SluiceObject: [fitWorkflowId(`${arrival.container}/${arrival.key}`)],
    },
  });
  return { arrival: arrival.id, outcome: "handed-over", successor: workflowId, successorRun: firstExecutionRunId };
}

function whyAlone(runs: readonly PlanRun[]): string {
  const failed = runs.flatMap(({ steps }) => steps).find(({ status }) => status === "failed");
  return failed ? `: ${failed.node} failed in its group (${failed.failure?.code ?? "for an unknown reason"})` : "";
}

/**
 * What the store does not hold. A group looks again when all else is done: what has come by then goes on by itself;
 * a single object has looked before.
 */
export async function settleMissing(
  missing: readonly Missing[],
  alone: boolean,
  run: RunIdentity,
  again?: Again,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let left = missing;
  for (const pause of alone ? [] : patience) {
    if (left.length === 0) break;
    await sleep(pause * 1_000);
    const { members } = await bookkeeping.admitArrivals(
      left.map(({ arrival }) => arrival),
      run,
      again,
    );
    const still: Missing[] = [];
    for (const [index, admitted] of members.entries()) {
      const one = left[index] as Missing;
      const arrival = one.arrival.id;
      if (admitted.status === "gone") still.push(one);
      else if (admitted.status === "declined") outcomes.push({ arrival, outcome: "declined", reason: admitted.failure });
      else if (admitted.status === "duplicate") outcomes.push({ arrival, outcome: "duplicate", successor: admitted.holder });
      else outcomes.push(await handOver(one.arrival, [], again));
    }
    left = still;
  }
  if (left.length > 0) await bookkeeping.recordGone(left, run);
  return [...outcomes, ...left.map(({ arrival, failure }): Outcome => ({ arrival: arrival.id, outcome: "gone", reason: failure }))];
}
