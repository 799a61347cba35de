import { ApplicationFailure, Context } from "@temporalio/activity";
import type { Logger } from "pino";
import type { AttemptDocument } from "../../sdk/contracts/catalog.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import { type Failure, toFailure } from "../../sdk/contracts/errors.ts";
import type { Json, JsonObject } from "../../sdk/contracts/json.ts";
import type { LakeObject } from "../../sdk/contracts/object.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import type { TaskContext } from "../../sdk/execution/context.ts";
import { type NodeOutcome, runStage, type RunnableTask, type StageDependencies } from "../../sdk/execution/run-stage.ts";
import { exposedPaths } from "../../sdk/interpreter/values.ts";
import { nodeOf } from "../../sdk/plan/graph.ts";
import type { PlanNode, PublishedPlan } from "../../sdk/plan/plan.ts";
import type { StageMember, StageOutcome, StageResult, StageWork } from "../contract.ts";
import type { ContentCache } from "../objects/content-cache.ts";
import { openLakeObject } from "../objects/lake-object.ts";
import type { WorkArea } from "../work/work-area.ts";
import { withHeartbeats } from "./heartbeats.ts";
import { holdFor } from "./hold.ts";
import type { Library } from "./library.ts";
import { fetchValue, storeValue } from "./store-value.ts";

export type StageActivityDependencies = {
  readonly library: Library;
  readonly store: (name: string) => ObjectStore;
  readonly cache: ContentCache;
  readonly work: WorkArea;
  readonly log: Logger;
  readonly inlineBytes: number;
  /** Keeps the record of an attempt that will be tried again; best effort. */
  readonly recordAttempt: (attempt: Omit<AttemptDocument, "_id">) => Promise<void>;
};

/** Members of a group are worked on side by side, so that their writes share bulk requests. */
const membersAtOnce = 64;

/** Runs one stage for the members of a group, or for one object; see `StageActivity`. */
export async function runStageActivity(needs: StageActivityDependencies, work: StageWork): Promise<StageResult> {
  const published = await needs.library.plan(work);
  const nodes = work.nodes.map((id) => nodeOf(published.plan, id)).filter((node) => node !== undefined);
  const tasks = await tasksOf(needs.library, published, nodes);
  const results: { [node: string]: StageOutcome }[] = [];
  const open = work.members.entries();
  const runMembers = async () => {
    for (const [index, member] of open) results[index] = await runMember(needs, published, nodes, tasks, work, member);
  };
  const runAll = () => Promise.all(Array.from({ length: Math.min(membersAtOnce, work.members.length) }, runMembers));
  const beatsItself = nodes.some((node) => node.kind === "task" && published.plan.tasks[node.task]?.heartbeat !== undefined);
  await (beatsItself ? runAll() : withHeartbeats(runAll));
  if (work.single && work.members[0] && results[0]) await throwIfWorthRetrying(needs, published, work, work.members[0], results[0]);
  return results;
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
  const attempt = Context.current().info.attempt + work.tried;
  const entries = [...outcomes].map(
    async ([id, outcome]) => [id, await keep(needs, published, id, outcome, attempt, exposes.get(id))] as const,
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
): StageDependencies {
  const hold = holdFor(member, needs.work);
  return {
    object,
    ...(hold && { hold }),
    task: (name) => tasks.get(name) as RunnableTask,
    context: (node) => taskContext(needs.log, published.plan.dag, node, object, tried),
    fetch: (elsewhere) => fetchValue(elsewhere, needs.work),
    open: (at) => needs.work.rows(at),
    spool: (_, rows) => needs.work.putRows(rows),
  };
}

export function taskContext(log: Logger, dag: string, node: string, object: LakeObject, tried = 0): TaskContext {
  const context = Context.current();
  const { workflowExecution, attempt, isLocal } = context.info;
  const fields = {
    dag,
    task: node,
    object: `${object.container}/${object.key}`,
    workflowId: workflowExecution?.workflowId,
    runId: workflowExecution?.runId,
  };
  const at = (level: "debug" | "info" | "warn" | "error") => (message: string, more?: JsonObject) =>
    log[level]({ ...fields, ...more }, message);
  return {
    signal: context.cancellationSignal,
    log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    attempt: attempt + tried,
    object,
    run: { workflowId: workflowExecution?.workflowId ?? "", runId: workflowExecution?.runId ?? "", dag, node },
    heartbeat: (position?: Json) => {
      if (isLocal)
        throw new Error(`The task ${node} heartbeats, but has no \`heartbeat\` in its definition. Add one, e.g. heartbeat: "30s".`);
      context.heartbeat(position);
    },
    position: context.info.heartbeatDetails as Json | undefined,
  };
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
    return { ...base, status: "failed", failure: outcome.failure, ...(outcome.upstream && { upstream: true }) };
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

/** Lets Temporal retry, as long as a node that failed retryably has tries left; the outcomes so far go along. */
async function throwIfWorthRetrying(
  needs: StageActivityDependencies,
  { plan }: PublishedPlan,
  work: StageWork,
  { object }: StageMember,
  outcomes: { readonly [node: string]: StageOutcome },
): Promise<void> {
  const { attempt: here, workflowExecution } = Context.current().info;
  const attempt = here + work.tried;
  const worth = plan.nodes.find(({ id, ...node }) => {
    const outcome = outcomes[id];
    if (outcome?.status !== "failed" || outcome.upstream || outcome.failure.kind !== "retryable" || node.kind !== "task") return false;
    const limit = plan.tasks[(node as { task: string }).task]?.retry.attempts ?? 0;
    return limit === 0 || attempt < limit;
  });
  const outcome = worth && outcomes[worth.id];
  if (!worth || outcome?.status !== "failed") return;
  const { failure } = outcome;
  await needs.recordAttempt({
    run_id: workflowExecution?.runId ?? "",
    container: object.container,
    key: object.key,
    task: worth.id,
    attempt,
    at: new Date(),
    failure,
  });
  throw applicationFailure(failure, outcomes);
}

export function applicationFailure(failure: Failure, outcomes: { readonly [node: string]: StageOutcome }): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.code,
    message: failure.message,
    nonRetryable: failure.kind === "terminal",
    details: [outcomes],
  });
}
