import {
  ApplicationFailure,
  CancellationScope,
  ParentClosePolicy,
  scheduleActivity,
  setCurrentDetails,
  sleep,
  startChild,
  workflowInfo,
} from "@temporalio/workflow";
import type { Admission, Admitted, Closing, RunIdentity } from "../activities/contract.ts";
import type { Arrival } from "../sdk/contracts/arrival.ts";
import type { Failure } from "../sdk/contracts/errors.ts";
import { fitWorkflowId, objectWorkflowId } from "../sdk/contracts/ids.ts";
import { nodesToUndo } from "../sdk/interpreter/outcome.ts";
import { bookkeeping } from "./bookkeeping.ts";
import type { ArrivalOutcome, HandedOver, IngestInput, IngestResult } from "./contract.ts";
import { failureOfActivity, isSmall } from "./dispatch.ts";
import { type Member, type PlanRun, referenceTo, subjectOf, thisRun } from "./run.ts";
import { type PlanOptions, runPlan } from "./run-plan.ts";
import { publishState } from "./search.ts";

type Outcome = IngestResult["outcomes"][number];

type Missing = { readonly arrival: Arrival; readonly failure: Failure };

/** An object that is announced but not there is looked for again after these pauses, in seconds: it may be on its way. */
const patience = [1, 2, 4, 8];

/**
 * Takes arrivals from claim to closed document. A group of objects runs stage by stage together; whichever fails,
 * has to wait or takes long goes on in a run of its own. The run of a single object that cannot be processed fails,
 * with the reason.
 */
export async function ingest(input: IngestInput): Promise<IngestResult> {
  const { arrivals, handedOver } = input;
  const alone = arrivals.length === 1;
  const run = thisRun(handedOver?.from);
  const admission = alone ? await admitAlone(arrivals, run) : await bookkeeping.admitArrivals(arrivals, run);
  const outcomes = new Map<string, Outcome>();
  const members: Member[] = [];
  const missing: Missing[] = [];
  const leaving: Promise<void>[] = [];

  for (const [index, admitted] of admission.members.entries()) {
    const arrival = arrivals[index] as Arrival;
    if (admitted.status === "admitted") members.push(memberOf(arrival, admitted, admission, handedOver));
    else if (admitted.status === "refused" && alone)
      members.push({ ...memberOf(arrival, { ...admitted, typeBy: "none", plans: [] }, admission, undefined), refused: admitted.failure });
    else if (admitted.status === "duplicate")
      outcomes.set(arrival.id, { arrival: arrival.id, outcome: "duplicate", successor: admitted.holder });
    else if (admitted.status === "gone") missing.push({ arrival, failure: admitted.failure });
    else
      leaving.push(
        handOver(arrival, []).then(
          (successor) => void outcomes.set(arrival.id, { arrival: arrival.id, outcome: "handed-over", successor }),
        ),
      );
  }

  const staying = () => members.filter((member) => !member.leaving);
  const beforeWaiting = once(() => publishState(staying(), "processing"));
  await runPhases(staying, { alone, failedBefore: failedBefore(handedOver), beforeWaiting });
  for (const member of members.filter((one) => one.leaving)) {
    leaving.push(
      handOver(member.arrival, member.runs).then(
        (successor) => void outcomes.set(member.arrival.id, { arrival: member.arrival.id, outcome: "handed-over", successor }),
      ),
    );
  }
  await Promise.all(leaving);

  await replacePrevious(staying());
  const closings = members.map((member) => closingOf(member, outcomes.get(member.arrival.id)?.successor));
  if (closings.length > 0) await CancellationScope.nonCancellable(() => bookkeeping.closeDocuments(closings, thisRun()));
  for (const { arrival, trace } of closings) {
    if (trace.outcome === "handed-over") continue;
    outcomes.set(arrival.id, { arrival: arrival.id, outcome: trace.outcome, ...(trace.reason && { reason: trace.reason }) });
  }
  for (const outcome of await settleMissing(missing, alone, run)) outcomes.set(outcome.arrival, outcome);
  const result: IngestResult = { outcomes: arrivals.map(({ id }) => outcomes.get(id) as Outcome) };
  finish(members, result, alone);
  return result;
}

/**
 * What the store does not hold. A group looks again when all else is done: what has come by then goes on by itself;
 * a single object has looked before.
 */
async function settleMissing(missing: readonly Missing[], alone: boolean, run: RunIdentity): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let left = missing;
  for (const pause of alone ? [] : patience) {
    if (left.length === 0) break;
    await sleep(pause * 1_000);
    const { members } = await bookkeeping.admitArrivals(
      left.map(({ arrival }) => arrival),
      run,
    );
    const still: Missing[] = [];
    for (const [index, admitted] of members.entries()) {
      const one = left[index] as Missing;
      const arrival = one.arrival.id;
      if (admitted.status === "gone") still.push(one);
      else if (admitted.status === "duplicate") outcomes.push({ arrival, outcome: "duplicate", successor: admitted.holder });
      else outcomes.push({ arrival, outcome: "handed-over", successor: await handOver(one.arrival, []) });
    }
    left = still;
  }
  if (left.length > 0) await bookkeeping.recordGone(left, run);
  return [...outcomes, ...left.map(({ arrival, failure }): Outcome => ({ arrival: arrival.id, outcome: "gone", reason: failure }))];
}

/** One object may wait: for the store to hold it, for an older version's run to end. */
async function admitAlone(arrivals: readonly Arrival[], run: RunIdentity): Promise<Admission> {
  for (let tries = 0, waits = 0; ;) {
    const admission = await bookkeeping.admitArrivals(arrivals, run);
    const [admitted] = admission.members;
    if (admitted?.status === "gone" && tries < patience.length) {
      setCurrentDetails("The store does not hold the object yet; looking again.");
      await sleep((patience[tries++] as number) * 1_000);
    } else if (admitted?.status === "busy") {
      setCurrentDetails(`Waiting for the older version's run: ${admitted.holder}`);
      await sleep(Math.min(30_000, 500 * 2 ** waits++));
    } else return admission;
  }
}

function memberOf(
  arrival: Arrival,
  admitted: Admitted & { status: "admitted" | "refused"; typeBy?: string; plans?: readonly string[] },
  admission: Admission,
  handedOver: HandedOver | undefined,
): Member {
  const fresh = (admitted.plans ?? []).map((hash): PlanRun => ({
    published: admission.plans[hash] as PlanRun["published"],
    settled: {},
    steps: [],
  }));
  // Whatever is in force by now: it ends on the plans that it began with.
  const runs =
    handedOver && handedOver.runs.length > 0 ? handedOver.runs.map((one): PlanRun => ({ ...one, steps: [...one.steps] })) : fresh;
  return {
    arrival,
    object: admitted.object,
    typeBy: admitted.typeBy ?? "none",
    claimed: admitted.claimed,
    runs,
    previous: admitted.previous,
    leaving: false,
  };
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}

/** Nodes that a handed-over object failed in its group: they are not tried locally again. */
function failedBefore(handedOver: HandedOver | undefined): ReadonlySet<string> {
  return new Set(
    handedOver?.runs.flatMap(({ steps, settled }) =>
      steps.filter(({ status, node }) => status === "failed" && !settled[node]).map(({ node }) => node),
    ),
  );
}

/** All plans that take an object run, those that ask for `custom` processing before the others. */
async function runPhases(staying: () => readonly Member[], options: PlanOptions): Promise<void> {
  const plans = new Map(
    staying()
      .flatMap(({ runs }) => runs)
      .map(({ published }) => [published.hash, published]),
  );
  const isCustom = ({ plan }: PlanRun["published"]) => plan.on.some(({ dataProcessing }) => dataProcessing === "custom");
  const all = [...plans.values()];
  for (const phase of [all.filter(isCustom), all.filter((published) => !isCustom(published))]) {
    await Promise.all(
      phase.map(async (published) => {
        const members = staying().filter(({ runs }) => runs.some((run) => run.published.hash === published.hash));
        if (members.length === 0) return;
        await runPlan(published, members, options);
      }),
    );
    await Promise.all(
      staying().flatMap((member) => member.runs.filter(({ outcome }) => outcome?.status === "failed").map((run) => undo(member, run))),
    );
  }
}

/** What an earlier processing wrote goes once the new one has written everything, and not before. */
async function replacePrevious(members: readonly Member[]): Promise<void> {
  const replacing = members.filter(
    ({ previous, runs, refused }) => previous.length > 0 && !refused && runs.every(({ outcome }) => outcome?.status === "success"),
  );
  if (replacing.length === 0) return;
  const replaced = replacing.map(({ object, previous: receipts }) => ({ object, receipts }));
  if (replacing.some(({ object }) => !isSmall(object)))
    await scheduleActivity("removeReplaced", [replaced], {
      startToCloseTimeout: "1 hour",
      heartbeatTimeout: "15s",
      summary: subjectOf(replacing.map(({ object }) => object)),
    });
  else await bookkeeping.removeReplaced(replaced);
  for (const member of replacing) member.previous = [];
}

/** What a failed DAG's author asked to have undone, in reverse order. */
async function undo(member: Member, run: PlanRun): Promise<void> {
  const { plan } = run.published;
  for (const node of nodesToUndo(plan, run.settled)) {
    const settled = run.settled[node];
    if (settled?.status !== "success" || run.steps.some((step) => step.node === node && step.status === "undone")) continue;
    const started = Date.now();
    const undone = scheduleActivity("undoTask", [{ ...referenceTo(run.published), node, object: member.object, value: settled.value }], {
      // Told apart by their ids, so that a replay would notice another order.
      activityId: `undo ${plan.dag}/${node} of ${member.object.id}`,
      startToCloseTimeout: "10 minutes",
      summary: `undo ${node} · ${subjectOf([member.object])}`,
    });
    const failure = await undone.then(() => undefined, failureOfActivity);
    const step = { node, task: node, started: new Date(started).toISOString(), took: Date.now() - started };
    // What cannot be undone is left and said: the object is closed all the same.
    run.steps.push(failure ? { ...step, status: "failed", failure } : { ...step, status: "undone" });
  }
}

/** Starts the object's own run, which this one does not wait for. */
async function handOver(arrival: Arrival, runs: readonly PlanRun[]): Promise<string> {
  const workflowId = objectWorkflowId(arrival.container, arrival.key, arrival.id);
  const handedOver: HandedOver = {
    from: workflowInfo().workflowId,
    runs: runs.map(({ published, settled, steps }) => ({ published, settled, steps })),
  };
  await startChild("ingest", {
    args: [{ arrivals: [arrival], handedOver } satisfies IngestInput],
    workflowId,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `${arrival.container}/${arrival.key}, by itself`,
    searchAttributes: {
      SluiceContainer: [arrival.container],
      SluiceTenant: [arrival.tenant],
      SluiceObject: [fitWorkflowId(`${arrival.container}/${arrival.key}`)],
    },
  });
  return workflowId;
}

function closingOf(member: Member, successor: string | undefined): Closing {
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
function finish(members: readonly Member[], result: IngestResult, alone: boolean): void {
  const count = (outcome: ArrivalOutcome) => result.outcomes.filter((one) => one.outcome === outcome).length;
  const [only] = result.outcomes;
  const reason = alone ? only?.reason : undefined;
  const state = alone ? (only?.outcome ?? "") : "processed";
  if (members.length > 0) publishState(members, state, reason);
  if (!alone)
    setCurrentDetails(
      `${count("processed")} processed, ${count("handed-over")} went on by themselves, ${count("duplicate")} had been taken already`,
    );
  if (reason && (state === "quarantined" || state === "failed")) {
    throw ApplicationFailure.create({ type: reason.code, message: reason.message, nonRetryable: true, details: [result] });
  }
}
