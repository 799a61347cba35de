import { ApplicationFailure, scheduleActivity, setCurrentDetails, workflowInfo } from "@temporalio/workflow";
import type { Closing } from "../activities/contract.ts";
import type { Failure } from "../sdk/contracts/errors.ts";
import { fitSummary, subjectOf } from "../sdk/contracts/summaries.ts";
import { bookkeeping } from "./bookkeeping.ts";
import type { ArrivalOutcome, IngestResult } from "./contract.ts";
import { isSmall } from "./dispatch.ts";
import { progressOf } from "./progress.ts";
import type { Member } from "./run.ts";
import { publishState } from "./search.ts";

/** What an earlier processing wrote goes once the new one has written everything, and not before. */
export async function replacePrevious(members: readonly Member[]): Promise<void> {
  const replacing = members.filter(
    ({ previous, runs, refused }) => previous.length > 0 && !refused && runs.every(({ outcome }) => outcome?.status === "success"),
  );
  if (replacing.length === 0) return;
  const replaced = replacing.map(({ object, previous: receipts }) => ({ object, receipts }));
  if (replacing.some(({ object }) => !isSmall(object)))
    await scheduleActivity("removeReplaced", [replaced], {
      startToCloseTimeout: "1 hour",
      heartbeatTimeout: "15s",
      summary: fitSummary(`remove what earlier runs wrote of ${subjectOf(replacing.map(({ object }) => object))}`),
    });
  else await bookkeeping.removeReplaced(replaced);
  for (const member of replacing) member.previous = [];
}

/** What is written of an object when its run is done with it. */
export function closingOf(member: Member, successor: string | undefined): Closing {
  const { arrival, object, runs } = member;
  const failures = [member.refused, ...runs.map(({ outcome }) => (outcome?.status === "failed" ? outcome.failure : undefined))].filter(
    (failure): failure is Failure => failure !== undefined,
  );
  const reason = failures.find(({ kind }) => kind === "terminal") ?? failures[0];
  const outcome = successor !== undefined ? "handed-over" : !reason ? "processed" : reason.kind === "terminal" ? "quarantined" : "failed";
  return {
    arrival,
    object,
    left: member.previous,
    trace: {
      container: object.container,
      key: object.key,
      version: object.version,
      swift_object_id: object.id,
      workflow_id: workflowInfo().workflowId,
      run_id: workflowInfo().runId,
      door: arrival.door,
      announced: arrival.time,
      claimed: member.claimed,
      content_type: object.type,
      type_by: member.typeBy,
      outcome,
      dags: runs.map((run) => ({
        dag: run.published.plan.dag,
        plan: run.published.hash,
        code: run.published.code,
        outcome: run.outcome?.status ?? "failed",
        steps: run.steps,
      })),
      ...(reason && !successor && { reason }),
      ...(successor !== undefined && { successor }),
    },
  };
}

/** Says how it went; a single object that was not processed makes a Failed run, so that people see it. */
export function finish(members: readonly Member[], result: IngestResult, alone: boolean): void {
  const count = (outcome: ArrivalOutcome) => result.outcomes.filter((one) => one.outcome === outcome).length;
  const [only] = result.outcomes;
  const reason = alone ? only?.reason : undefined;
  const state = alone ? (only?.outcome ?? "") : "processed";
  if (members.length > 0) publishState(members, state, reason);
  const ended = alone
    ? `${state || "nothing to do"}${reason ? `: ${reason.message}` : ""}`
    : `${count("processed")} processed, ${count("handed-over")} went on by themselves, ${count("duplicate")} had been taken already`;
  setCurrentDetails(`${ended}\n\n${progressOf(members)}`);
  if (reason && (state === "quarantined" || state === "failed")) {
    throw ApplicationFailure.create({ type: reason.code, message: reason.message, nonRetryable: true, details: [result] });
  }
}
