import { ApplicationFailure, Context } from "@temporalio/activity";
import pLimit from "p-limit";
import type { Logger } from "pino";
import type { AttemptDocument } from "../../sdk/contracts/catalog.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import { type Failure, fingerprintOf, toFailure, waitingCodes } from "../../sdk/contracts/errors.ts";
import type { Json, JsonObject } from "../../sdk/contracts/json.ts";
import type { LakeObject } from "../../sdk/contracts/object.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import type { TaskContext } from "../../sdk/execution/context.ts";
import { type NodeOutcome, runStage, type RunnableTask, type StageDependencies } from "../../sdk/execution/run-stage.ts";
import { exposedPaths } from "../../sdk/interpreter/values.ts";
import { nodeOf } from "../../sdk/plan/graph.ts";
import type { Plan, PlanNode, PublishedPlan } from "../../sdk/plan/plan.ts";
import type { StageMember, StageOutcome, StageResult, StageWork } from "../contract.ts";
import type { ContentCache } from "../objects/content-cache.ts";
import { openLakeObject } from "../objects/lake-object.ts";
import type { WorkArea } from "../work/work-area.ts";
import { beatPosition, beatTouched, countAsWaiting, countedAttempt, positionBefore, touchedBefore } from "./attempts.ts";
import { withHeartbeats } from "./heartbeats.ts";
import { holdFor } from "./hold.ts";
import type { Library } from "./library.ts";
import { silentAttempt } from "./silent-attempt.ts";
import { fetchValue, storeValue } from "./store-value.ts";

export type StageActivityDependencies = {
  readonly library: Library;
  readonly store: (name: string) => ObjectStore;
  readonly cache: ContentCache;
  readonly work: WorkArea;
  readonly log: Logger;
  readonly inlineBytes: number;
  /** Keeps the record of attempts that will be followed by others; best effort. */
  readonly recordAttempts: (attempts: readonly Omit<AttemptDocument, "_id">[]) => Promise<void>;
};

/** Members of a group are worked on side by side, so that their writes share bulk requests. */
const membersAtOnce = 64;

/** Runs one stage for the members of a group, or for one object; see `StageActivity`. */
export async function runStageActivity(needs: StageActivityDependencies, work: StageWork): Promise<StageResult> {
  const published = await needs.library.plan(work);
  const nodes = work.nodes.map((id) => nodeOf(published.plan, id)).filter((node) => node !== undefined);
  const lost = work.single && cutOff(published, work, countedAttempt());
  if (lost) return [lost];
  await recordSilence(needs, work, nodes);
  const tasks = await tasksOf(needs.library, published, nodes);
  const runAll = () => pLimit(membersAtOnce).map(work.members, (member) => runMember(needs, published, nodes, tasks, work, member));
  const beatsItself = nodes.some((node) => node.kind === "task" && published.plan.tasks[node.task]?.heartbeat !== undefined);
  const results = await (beatsItself ? runAll() : withHeartbeats(runAll));
  if (work.single && work.members[0] && results[0]) await throwIfWorthRetrying(needs, published, work, work.members[0], results[0]);
  return results;
}

/** An attempt that was cut off is told by the next one, for all that had a part in it. */
async function recordSilence({ recordAttempts }: StageActivityDependencies, work: StageWork, nodes: readonly PlanNode[]): Promise<void> {
  const silent = silentAttempt(nodes.find(({ kind }) => kind === "task")?.id ?? work.nodes[0] ?? "", work);
  if (!silent) return;
  const run_id = Context.current().info.workflowExecution?.runId ?? "";
  await recordAttempts(work.members.map(({ object: { container, key } }) => ({ run_id, container, key, ...silent })));
}

export async function tasksOf(
  library: Library,
  published: PublishedPlan,
  nodes: readonly PlanNode[],
): Promise<ReadonlyMap<string, RunnableTask>> {
  const names = new Set(nodes.filter((node) => node.kind === "task").map(({ task }) => task));
  return new Map(await Promise.all([...names].map(async (name) => [name, await library.task(published, name)] as const)));
}

async function runMember(
  needs: StageActivityDependencies,
  published: PublishedPlan,
  nodes: readonly PlanNode[],
  tasks: ReadonlyMap<string, RunnableTask>,
  work: StageWork,
  member: StageMember,
): Promise<{ [node: string]: StageOutcome }> {
  const stage = published.plan.stages.find((candidate) => candidate.nodes.includes(work.nodes[0] ?? ""));
  const object = openLakeObject(member.object, needs.store(member.object.store), needs.cache, Context.current().cancellationSignal);
  const exposes = exposedPaths(published.plan);
  const outcomes = await runStage(
    { nodes, cases: work.cases, spools: stage?.spools ?? [], environment: member },
    stageDependencies(needs, published, tasks, object, member, work.tried),
  );
  const attempt = countedAttempt() + work.tried;
  const entries = [...outcomes].map(
    async ([id, outcome]) => [id, await keep(needs, published, id, untouchedSince(outcome, work), attempt, exposes.get(id))] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

export function stageDependencies(
  needs: StageActivityDependencies,
  published: PublishedPlan,
  tasks: ReadonlyMap<string, RunnableTask>,
  object: LakeObject,
  member: StageMember,
  tried = 0,
  signal = Context.current().cancellationSignal,
): StageDependencies {
  const hold = holdFor(member, needs.work);
  return {
    object,
    ...(hold && { hold }),
    task: (name) => tasks.get(name) as RunnableTask,
    context: (node, item) =>
      taskContext(needs.log, { dag: published.plan.dag, node, ...(item !== undefined && { item }) }, object, tried, signal),
    fetch: (elsewhere) => fetchValue(elsewhere, needs.work),
    open: (at) => needs.work.rows(at),
    spool: (_, rows) => needs.work.putRows(rows),
  };
}

export function taskContext(
  log: Logger,
  run: Pick<TaskContext["run"], "dag" | "node" | "item">,
  object: LakeObject,
  tried = 0,
  signal = Context.current().cancellationSignal,
): TaskContext {
  const context = Context.current();
  const { workflowExecution, isLocal } = context.info;
  const fields = {
    dag: run.dag,
    task: run.node,
    ...(run.item !== undefined && { item: run.item }),
    object: `${object.container}/${object.key}`,
    workflowId: workflowExecution?.workflowId,
    runId: workflowExecution?.runId,
  };
  const at = (level: "debug" | "info" | "warn" | "error") => (message: string, more?: JsonObject) =>
    log[level]({ ...fields, ...more }, message);
  return {
    signal,
    log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    attempt: countedAttempt() + tried,
    object,
    run: { workflowId: workflowExecution?.workflowId ?? "", runId: workflowExecution?.runId ?? "", ...run },
    heartbeat: (position?: Json) => {
      if (isLocal)
        throw new Error(`The task ${run.node} heartbeats, but has no \`heartbeat\` in its definition. Add one, e.g. heartbeat: "30s".`);
      beatPosition(position);
    },
    position: positionBefore(),
  };
}

/** Nothing came to it in this attempt: that counts only where nothing came to it in one before. */
function untouchedSince(outcome: NodeOutcome, { untold }: StageWork): NodeOutcome {
  if (outcome.status !== "failed" || !(untold || touchedBefore())) return outcome;
  const { untouched: _now, ...rest } = outcome;
  return rest;
}

async function keep(
  needs: StageActivityDependencies,
  published: PublishedPlan,
  id: string,
  outcome: NodeOutcome,
  attempt: number,
  exposes: readonly (readonly (string | number)[])[] | undefined,
): Promise<StageOutcome> {
  const { started, took } = outcome;
  const base = { started, took, attempt };
  if (outcome.status === "failed")
    return {
      ...base,
      status: "failed",
      failure: outcome.failure,
      ...(outcome.upstream && { upstream: true }),
      ...(outcome.untouched && { untouched: true }),
    };
  if ("rows" in outcome) return { ...base, status: "success", value: { rows: outcome.rows, ...(outcome.at && { at: outcome.at }) } };
  try {
    const value = await storeValue(outcome.value, needs.work, needs.inlineBytes, exposes);
    const node = nodeOf(published.plan, id);
    const isReceipt = node?.kind === "task" && published.plan.tasks[node.task]?.kind === "integrator";
    return { ...base, status: "success", value, ...(isReceipt && { receipt: outcome.value as Receipt }) };
  } catch (error) {
    return { ...base, status: "failed", failure: toFailure(error, id) };
  }
}

/**
 * Lets Temporal retry, as long as a node that failed retryably has tries left; the outcomes so far go along. An attempt
 * that failed for nothing but a sink that is away is not counted.
 */
async function throwIfWorthRetrying(
  needs: StageActivityDependencies,
  { plan }: PublishedPlan,
  work: StageWork,
  { object }: StageMember,
  outcomes: { readonly [node: string]: StageOutcome },
): Promise<void> {
  const attempt = countedAttempt() + work.tried;
  const worth = Object.entries(outcomes).flatMap(([id, outcome]): { readonly id: string; readonly failure: Failure }[] => {
    if (outcome.status !== "failed" || outcome.upstream || outcome.failure.kind !== "retryable") return [];
    const limit = attemptsOf(plan, id);
    const again = waitingCodes.has(outcome.failure.code) || limit === 0 || attempt < limit;
    return again ? [{ id, failure: outcome.failure }] : [];
  });
  const counted = worth.find(({ failure }) => !waitingCodes.has(failure.code));
  const reason = counted ?? worth[0];
  if (!reason) return;
  if (!counted) countAsWaiting();
  if (Object.values(outcomes).some((outcome) => outcome.status === "failed" && !outcome.untouched)) beatTouched();
  const run_id = Context.current().info.workflowExecution?.runId ?? "";
  const { container, key } = object;
  await needs.recordAttempts([{ run_id, container, key, task: reason.id, attempt, at: new Date(), failure: reason.failure }]);
  throw applicationFailure(reason.failure, outcomes);
}

/** How often a node may be tried; 0: for ever. */
function attemptsOf({ nodes, tasks }: Plan, id: string): number {
  const node = nodes.find((candidate) => candidate.id === id);
  return (node?.kind === "task" && tasks[node.task]?.retry.attempts) || 0;
}

/**
 * Temporal sets no limit, since it would count attempts that only waited. So one more than there may be follows where
 * the last was cut off, by its time-out or the death of its worker, and could not say that it was the last. `attempt` is
 * the number of this one; what was tried before the activity counts as well, but one attempt it has in any case.
 */
export function cutOff(
  { plan }: Pick<PublishedPlan, "plan">,
  { nodes, tried }: Pick<StageWork, "nodes" | "tried">,
  attempt: number,
): { [node: string]: StageOutcome } | undefined {
  const limits = nodes.filter((id) => nodeOf(plan, id)?.kind === "task").map((id) => attemptsOf(plan, id));
  if (limits.includes(0) || attempt <= Math.max(1, ...limits.map((limit) => limit - tried))) return undefined;
  const made = attempt - 1 + tried;
  const outcomeOf = (id: string) => ({ status: "failed", started: 0, took: 0, attempt: made, failure: cutOffFailure(id, made) }) as const;
  return Object.fromEntries(nodes.map((id) => [id, outcomeOf(id)]));
}

export function cutOffFailure(task: string, attempts: number): Failure {
  const code = "TASK_TIMED_OUT";
  const message = `The task took longer than it may, or its worker died, in the last of ${attempts} attempt(s). Give it a longer \`timeout\`, or look at the worker's log.`;
  return { code, kind: "retryable", message, task, fingerprint: fingerprintOf(code, task, message) };
}

export function applicationFailure(failure: Failure, outcomes: { readonly [node: string]: StageOutcome }): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.code,
    message: failure.message,
    nonRetryable: failure.kind === "terminal",
    details: [outcomes],
    ...(waitingCodes.has(failure.code) && { nextRetryDelay: pauseBeforeLooking(Context.current().info.attempt) }),
  });
}

/** The longest pause, in milliseconds, before a task looks again whether its sink is back. */
const longestPause = 40_000;

/** Longer each time, and spread: thousands may wait, and shall neither ask much meanwhile nor all at once when it is back. */
function pauseBeforeLooking(attempt: number): number {
  const pause = Math.min(longestPause, 1_000 * 2 ** (attempt - 1));
  return Math.round(pause * (0.5 + Math.random()));
}
