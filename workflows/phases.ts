import { scheduleActivity } from "@temporalio/workflow";
import type { TraceStep } from "../sdk/contracts/catalog.ts";
import { type Failure, fingerprintOf } from "../sdk/contracts/errors.ts";
import { nodesToUndo } from "../sdk/interpreter/outcome.ts";
import { failureOfActivity } from "./dispatch.ts";
import { type Member, type PlanRun, referenceTo } from "./run.ts";
import { type PlanOptions, runPlan } from "./run-plan.ts";
import { summaryOf } from "./summaries.ts";

/** All plans that take an object run, those that ask for `custom` processing before the others. */
export async function runPhases(staying: () => readonly Member[], options: PlanOptions): Promise<void> {
  const all = staying().flatMap(({ runs }) => runs);
  for (const custom of [true, false]) {
    // Told apart by themselves: of two with one hash, the code may differ.
    const plans = new Set(all.filter((run) => isCustom(run) === custom).map(({ published }) => published));
    await Promise.all(
      [...plans].map(async (published) => {
        const members = staying().filter(({ runs }) => runs.some((run) => run.published === published && isCustom(run) === custom));
        if (members.length === 0) return;
        await runPlan(published, members, options);
      }),
    );
    const failed = ({ runs }: Member) => runs.filter((run) => isCustom(run) === custom && run.outcome?.status === "failed");
    await Promise.all(staying().flatMap((member) => failed(member).map((run) => undo(member, run))));
  }
}

function isCustom({ custom, published }: PlanRun): boolean {
  return custom ?? published.plan.on.some(({ dataProcessing }) => dataProcessing === "custom");
}

/** What a failed DAG's author asked to have undone, in reverse order. */
async function undo(member: Member, run: PlanRun): Promise<void> {
  const { plan } = run.published;
  for (const node of nodesToUndo(plan, run.settled)) {
    const settled = run.settled[node];
    if (settled?.status !== "success" || run.steps.some((step) => step.node === node && isLeft(step))) continue;
    if (hasOverwritten(member, run, node)) {
      run.steps.push({ node, task: node, status: "failed", failure: overwritten(node) });
      continue;
    }
    const started = Date.now();
    const undone = scheduleActivity("undoTask", [{ ...referenceTo(run.published), node, object: member.object, value: settled.value }], {
      // Told apart by their ids, so that a replay would notice another order.
      activityId: `undo ${plan.dag}/${node} of ${member.object.id}`,
      startToCloseTimeout: "10 minutes",
      heartbeatTimeout: "15s",
      // How often it is tried is decided where its failure is known: waiting for a sink that is away is no attempt.
      summary: `undo ${summaryOf(plan, [node], [member.object])}`,
    });
    const failure = await undone.then(() => undefined, failureOfActivity);
    const step = { node, task: node, started: new Date(started).toISOString(), took: Date.now() - started };
    // What cannot be undone is left and said: the object is closed all the same.
    run.steps.push(failure ? { ...step, status: "failed", failure } : { ...step, status: "undone" });
  }
}

/** Whether an undo would take away what an earlier processing wrote and this one wrote again: that cannot be had back. */
function hasOverwritten({ previous }: Member, { steps }: PlanRun, node: string): boolean {
  const sink = steps.findLast((step) => step.node === node && step.receipt)?.receipt?.sink;
  return sink !== undefined && previous.some((receipt) => receipt.sink === sink && !receipt.suspected);
}

function overwritten(task: string): Failure {
  const code = "NOT_UNDONE";
  const message =
    `${task} was not undone: it may have written again what an earlier processing of the object wrote, which would go as well. ` +
    "What it wrote is there until the object is processed again without a failure, or forgotten.";
  return { code, kind: "terminal", message, task, fingerprint: fingerprintOf(code, task, "overwritten") };
}

/** A step of a task that is not undone: it was before, or that failed (it has no mode), or it is another run's. */
function isLeft({ status, mode }: TraceStep): boolean {
  return status === "undone" || mode === "kept" || (status === "failed" && mode === undefined);
}
