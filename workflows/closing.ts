import { ApplicationFailure, scheduleActivity, setCurrentDetails, workflowInfo } from "@temporalio/workflow";
import type { Closing, Replaced, Unremoved } from "../activities/contract.ts";
import type { Failure } from "../sdk/contracts/errors.ts";
import type { Receipt } from "../sdk/contracts/receipt.ts";
import { fitSummary, subjectOf } from "../sdk/contracts/summaries.ts";
import { hasMiddle, withoutUndone } from "../sdk/interpreter/resume.ts";
import type { ArrivalOutcome, IngestResult } from "./contract.ts";
import { isSmall, tryLocally } from "./dispatch.ts";
import { progressOf } from "./progress.ts";
import type { Member } from "./run.ts";
import { publishState } from "./search.ts";

/** What an earlier processing wrote goes once the new one has written everything, and not before. */
export async function replacePrevious(members: readonly Member[]): Promise<void> {
  const replacing = members.filter(({ runs, refused }) => !refused && runs.every(({ outcome }) => outcome?.status === "success"));
  const replaced = replacing.map((member) => ({ member, object: member.object, receipts: replaceable(member) }));
  const due = replaced.filter(({ receipts }) => receipts.length > 0);
  if (due.length === 0) return;
  const removed = await removeReplaced(due.map(({ object, receipts }) => ({ object, receipts })));
  const unremoved = new Map(removed.map(({ object, failure }) => [object, failure]));
  for (const { member, object, receipts } of due) {
    member.unremoved = unremoved.get(object.id);
    if (!member.unremoved) member.previous = member.previous.filter((receipt) => !receipts.includes(receipt));
  }
}

/** What a failed write may have left cannot be told from results of the same processing that are kept: it stays beside them, known of. */
function replaceable({ previous, runs }: Member): readonly Receipt[] {
  const kept = runs.flatMap(({ steps }) => steps.flatMap(({ mode, receipt }) => (mode === "kept" && receipt ? receipt : [])));
  const isBeside = (receipt: Receipt) =>
    kept.some(({ sink, locator }) => sink === receipt.sink && locator["object"] === receipt.locator["object"]);
  return previous.filter((receipt) => !receipt.suspected || !isBeside(receipt));
}

/** Inside the workflow task if that is short; while a sink is away, as an ordinary activity, which holds no place in the worker. */
async function removeReplaced(replaced: readonly Replaced[]): Promise<readonly Unremoved[]> {
  const summary = fitSummary(`remove what earlier runs wrote of ${subjectOf(replaced.map(({ object }) => object))}`);
  const small = replaced.every(({ object }) => isSmall(object));
  const removed = small ? await tryLocally<readonly Unremoved[] | undefined>("removeReplaced", replaced, summary) : undefined;
  // Histories of before it said what it could not remove have nothing as their result.
  if (removed) return removed.result ?? [];
  return await scheduleActivity<readonly Unremoved[]>("removeReplaced", [replaced], {
    startToCloseTimeout: "1 hour",
    heartbeatTimeout: "15s",
    summary,
  });
}

/** What is written of an object when its run is done with it. */
export function closingOf(member: Member, successor: string | undefined): Closing {
  const { arrival, object, runs } = member;
  const failures = [
    member.refused,
    member.unremoved,
    ...runs.map(({ outcome }) => (outcome?.status === "failed" ? outcome.failure : undefined)),
  ].filter((failure): failure is Failure => failure !== undefined);
  const reason = failures.find(({ kind }) => kind === "terminal") ?? failures[0];
  const outcome = successor !== undefined ? "handed-over" : !reason ? "processed" : reason.kind === "terminal" ? "quarantined" : "failed";
  return {
    arrival,
    object,
    left: member.previous,
    ...(successor === undefined && resultsOf(member)),
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

/** Only of a run that has a middle to begin from. */
function resultsOf({ runs }: Member): Pick<Closing, "results"> {
  if (!runs.some(({ published: { plan }, settled }) => hasMiddle(plan, settled))) return {};
  return { results: runs.map(({ published, settled, steps }) => ({ dag: published.plan.dag, settled: withoutUndone(settled, steps) })) };
}

/**
 * Says how it went; a single object that was not processed makes a Failed run, so that people see it, and so does a
 * group of which none could be done again as was asked.
 */
export function finish(members: readonly Member[], result: IngestResult, alone: boolean): void {
  const count = (outcome: ArrivalOutcome) => result.outcomes.filter((one) => one.outcome === outcome).length;
  const first = result.outcomes.find(({ outcome }) => alone || outcome === "declined");
  const asOne = alone || count("declined") === result.outcomes.length;
  const reason = asOne ? first?.reason : undefined;
  const state = asOne ? (first?.outcome ?? "") : "processed";
  if (members.length > 0 || state === "declined") publishState(members, state, reason);
  const ended = alone
    ? `${state || "nothing to do"}${reason ? `: ${reason.message}` : ""}`
    : `${count("processed")} processed, ${count("handed-over")} went on by themselves, ${count("duplicate")} had been taken already` +
      (first ? `, ${count("declined")} declined, which stay as they were. The first: ${first.reason?.message}` : "");
  setCurrentDetails(`${ended}\n\n${progressOf(members)}`);
  if (reason && (state === "quarantined" || state === "failed" || state === "declined")) {
    const message = alone ? reason.message : `None of ${result.outcomes.length} objects can be done again as was asked. ${reason.message}`;
    throw ApplicationFailure.create({ type: reason.code, message, nonRetryable: true, details: [result] });
  }
}
