import type { StageMember, StageOutcome } from "../activities/contract.ts";
import type { TraceStep } from "../sdk/contracts/catalog.ts";
import { advance, type ReadyStage } from "../sdk/interpreter/advance.ts";
import { nodesToRetry } from "../sdk/interpreter/retry.ts";
import { outcomeOf } from "../sdk/interpreter/outcome.ts";
import type { RunState, Settled } from "../sdk/interpreter/settled.ts";
import { ancestorsOf, nodeOf } from "../sdk/plan/graph.ts";
import type { MapNode, Plan, PublishedPlan } from "../sdk/plan/plan.ts";
import { type Ended, mayTryAgain, runAlone, runForGroup } from "./dispatch.ts";
import { inlineMapItems, runMap, tryMap } from "./map.ts";
import { type Member, type PlanRun, referenceTo } from "./run.ts";
import { summaryOf } from "./summaries.ts";

export type PlanOptions = {
  /** One object has the run to itself: it goes to its end here. */
  readonly alone: boolean;
  /** Nodes that failed before the object came here, and how many attempts that counts for: they are not tried locally again. */
  readonly triedBefore: ReadonlyMap<PublishedPlan, ReadonlyMap<string, number>>;
  /** Called before the run begins to wait for the server. */
  readonly beforeWaiting: () => void;
  /** Called whenever something has settled. */
  readonly progressed: () => void;
};

type Running = { readonly member: Member; readonly run: PlanRun; readonly inFlight: Set<string> };

/**
 * The plan interpreter: runs one plan over the members of a group, each stage as one activity for all that are ready
 * for it. In a group a member that fails stops here and is left for a run of its own; a member alone goes to its end.
 */
export async function runPlan(published: PublishedPlan, members: readonly Member[], options: PlanOptions): Promise<void> {
  const { plan } = published;
  const running = members.map((member): Running => {
    const run = member.runs.find((candidate) => candidate.published === published) as PlanRun;
    return { member, run, inFlight: new Set() };
  });
  const inFlight = new Set<Promise<void>>();
  for (;;) {
    for (const work of readyWork(published, running, options)) {
      const promise = work().finally(() => {
        inFlight.delete(promise);
        options.progressed();
      });
      inFlight.add(promise);
    }
    if (inFlight.size === 0) break;
    await Promise.race(inFlight);
  }
  for (const { member, run } of running) if (!member.leaving) run.outcome = outcomeOf(plan, run.settled);
}

/** Everything that can be started now; members that are ready for the same stage share one piece of work. */
function readyWork(published: PublishedPlan, running: readonly Running[], options: PlanOptions): readonly (() => Promise<void>)[] {
  const { plan } = published;
  const batches = new Map<string, { readonly ready: ReadyStage; readonly members: Running[] }>();
  const maps: (() => Promise<void>)[] = [];
  for (const one of running) {
    if (one.member.leaving) continue;
    const step = advance(plan, { object: one.member.object, settled: one.run.settled, items: {} });
    settle(one.run, step.state);
    for (const ready of step.stages) {
      if (ready.nodes.some((id) => one.inFlight.has(id))) continue;
      for (const id of ready.nodes) one.inFlight.add(id);
      const key = JSON.stringify([ready.stage.id, ready.nodes, ready.cases]);
      const batch = batches.get(key) ?? { ready, members: [] };
      batch.members.push(one);
      batches.set(key, batch);
    }
    for (const { node, length } of step.maps) {
      if (one.inFlight.has(node.id)) continue;
      one.inFlight.add(node.id);
      // A long map is no work to be done in company: nobody is to wait for it.
      if (!options.alone && length > inlineMapItems) one.member.leaving = true;
      else maps.push(() => runMapOf(published, one, node, length, options));
    }
  }
  return [...[...batches.values()].map((batch) => () => runBatch(published, batch.ready, batch.members, options)), ...maps];
}

async function runBatch(published: PublishedPlan, ready: ReadyStage, batch: readonly Running[], options: PlanOptions): Promise<void> {
  const { plan } = published;
  const members = batch.map((one) => stageMember(plan, one, ready.nodes));
  const work = { ...referenceTo(published), nodes: ready.nodes, cases: ready.cases, members };
  const summary = summaryOf(
    plan,
    ready.nodes,
    members.map(({ object }) => object),
  );
  const [only] = batch;
  if (options.alone && only) {
    for (const ended of await runAlone(published, ready, work, summary, options)) record(plan, only, ended);
    settleOutcomes(only, ready.nodes);
    return;
  }
  const { results, mode } = await runForGroup(plan, ready, work, summary);
  for (const [index, one] of batch.entries()) {
    const outcomes = results[index] ?? {};
    record(plan, one, { outcomes, mode });
    settleOutcomes(one, ready.nodes);
    if (Object.values(outcomes).some(({ status }) => status === "failed")) leave(plan, one, ready.nodes, outcomes);
  }
}

/** Takes back what has to run again, so that the object's own run finds it unsettled. */
function leave(plan: Plan, one: Running, nodes: readonly string[], outcomes: { readonly [node: string]: StageOutcome }): void {
  one.member.leaving = true;
  const again = new Set(
    nodesToRetry(plan, nodes, outcomes, (id) => nodeOf(plan, id)?.kind === "task" && mayTryAgain(plan, id, outcomes[id])),
  );
  one.run.settled = Object.fromEntries(Object.entries(one.run.settled).filter(([id]) => !again.has(id)));
}

async function runMapOf(published: PublishedPlan, one: Running, node: MapNode, length: number, { alone }: PlanOptions): Promise<void> {
  const member = stageMember(published.plan, one, [node.id]);
  const outcome = await (alone ? runMap : tryMap)(published, node, member, length);
  one.inFlight.delete(node.id);
  if (!outcome) {
    one.member.leaving = true;
    return;
  }
  one.run.steps.push(...outcome.steps);
  one.run.settled = { ...one.run.settled, [node.id]: outcome.settled };
}

/** Only what the nodes' inputs can reach travels with them. */
function stageMember(plan: Plan, { member, run }: Running, nodes: readonly string[]): StageMember {
  const needed = ancestorsOf(plan, nodes);
  const settled = Object.fromEntries(Object.entries(run.settled).filter(([id]) => needed.has(id)));
  return { object: member.object, settled, items: {}, replaces: member.previous.length > 0 };
}

const latest = new WeakMap<PlanRun, { [node: string]: StageOutcome }>();

function record(plan: Plan, one: Running, { outcomes, mode }: Ended): void {
  latest.set(one.run, { ...latest.get(one.run), ...outcomes });
  for (const [id, outcome] of Object.entries(outcomes)) {
    const node = nodeOf(plan, id);
    if (node?.kind === "task") one.run.steps.push(stepOf(id, node.task, outcome, mode));
  }
}

function settleOutcomes(one: Running, nodes: readonly string[]): void {
  const outcomes = latest.get(one.run) ?? {};
  const settled = nodes.flatMap((id): [string, Settled][] => {
    const outcome = outcomes[id];
    if (!outcome) return [];
    if (outcome.status === "success") return [[id, { status: "success", value: outcome.value }]];
    return [[id, { status: "failed", failure: outcome.failure, ...(outcome.upstream && { upstream: true }) }]];
  });
  one.run.settled = { ...one.run.settled, ...Object.fromEntries(settled) };
  for (const id of nodes) one.inFlight.delete(id);
}

export function stepOf(node: string, task: string, outcome: StageOutcome, mode: Ended["mode"]): TraceStep {
  const rows = outcome.status === "success" && "rows" in outcome.value ? outcome.value.rows : undefined;
  return {
    node,
    task,
    status: outcome.status === "success" ? "success" : outcome.upstream ? "upstreamFailed" : "failed",
    mode,
    attempt: outcome.attempt,
    // An attempt that was cut off left no times behind.
    ...(outcome.started > 0 && { started: new Date(outcome.started).toISOString(), took: outcome.took }),
    ...(rows !== undefined && { rows }),
    ...(outcome.status === "success" && outcome.receipt && { receipt: outcome.receipt }),
    ...(outcome.status === "failed" && { failure: outcome.failure, ...(outcome.untouched && { untouched: true }) }),
  };
}

/** Takes over what settled without work, and notes it. */
function settle(run: PlanRun, state: RunState): void {
  for (const [id, settled] of Object.entries(state)) {
    if (run.settled[id]) continue;
    const node = nodeOf(run.published.plan, id);
    if (node?.kind === "match" && settled.status === "success") continue;
    const task = node?.kind === "task" ? node.task : id;
    if (settled.status === "skipped") run.steps.push({ node: id, task, status: "skipped" });
    if (settled.status === "failed")
      run.steps.push({ node: id, task, status: settled.upstream ? "upstreamFailed" : "failed", failure: settled.failure });
  }
  run.settled = state;
}
