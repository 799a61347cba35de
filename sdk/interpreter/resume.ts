import type { TraceStep } from "../contracts/catalog.ts";
import { terminal } from "../contracts/errors.ts";
import type { ObjectInfo } from "../contracts/object.ts";
import type { Receipt, Written } from "../contracts/receipt.ts";
import { ancestorsOf, dependenciesOf, nodeOf, nodesAt, nodesInBody, scopesAround } from "../plan/graph.ts";
import type { Plan, PlanNode, PublishedPlan } from "../plan/plan.ts";
import { rowsInto } from "../plan/stages.ts";
import { advance } from "./advance.ts";
import type { RunState, WorkReference } from "./settled.ts";

/** A plan and its code, with how its nodes ended in an earlier run. */
export type Earlier = Pick<PublishedPlan, "plan" | "code"> & { readonly settled: RunState };

export type Resumption = {
  /** What is kept of the earlier run. */
  readonly settled: RunState;
  /** What of it lies in the work area and is needed now. */
  readonly needs: readonly { readonly node: string; readonly at: WorkReference }[];
};

/**
 * A run that begins from a node: the node and all that depends on it run again, everything else keeps how it ended,
 * as far as it is what it was. @throws `NO_SUCH_TASK`, `PLAN_CHANGED`, `ROWS_NOT_KEPT`, `INPUTS_GONE`, `NOT_REACHED` (terminal)
 */
export function resumeFrom(from: string, now: Pick<PublishedPlan, "plan" | "code">, earlier: Earlier, object: ObjectInfo): Resumption {
  const { plan } = now;
  const map = mapAround(plan, from);
  if (map !== undefined)
    throw terminal("NO_SUCH_TASK", `"${from}" runs for each item of ${map}: nothing begins inside of a map. Begin from ${map}.`);
  const before = ancestorsOf(plan, [from]);
  const kept = new Map<string, RunState[string]>();
  for (const node of nodesAt(plan, null)) {
    const { id } = node;
    if (ancestorsOf(plan, [id]).has(from)) continue;
    const difference = differenceOf(node, now, earlier);
    if (before.has(id) && difference !== undefined)
      throw terminal(
        "PLAN_CHANGED",
        `"${plan.dag}" cannot begin from ${from}: before it, ${difference}. Begin from ${id}, from the start, or with the plan of then.`,
      );
    const settled = earlier.settled[id];
    if (difference === undefined && settled && [...dependenciesOf(plan, node)].every((needed) => kept.has(needed))) kept.set(id, settled);
  }
  releaseProducers(plan, from, before, kept);
  for (const { id } of nodesAt(plan, null)) if (before.has(id) && id !== from && !kept.has(id)) throw notKept(plan, from, id);
  const settled: RunState = Object.fromEntries(kept);
  const reached = advance(plan, { object, settled, items: {} }).state[from];
  if (reached) throw notReached(plan, from, reached, settled);
  return { settled, needs: needsOf(plan, kept) };
}

/** Whether a run may be begun from its middle later: more was tried in it than one stage, and something is worth keeping. */
export function hasMiddle(plan: Plan, settled: RunState): boolean {
  const succeeded = (id: string) => nodeOf(plan, id)?.kind !== "match" && settled[id]?.status === "success";
  const tried = (id: string) => succeeded(id) || (settled[id]?.status === "failed" && !settled[id].upstream);
  const stages = plan.stages.flatMap(({ scope, nodes }) => (scope === null ? [nodes] : []));
  const maps = nodesAt(plan, null).flatMap(({ kind, id }) => (kind === "map" ? [[id]] : []));
  const ran = [...stages, ...maps].filter((nodes) => nodes.some(tried));
  return ran.length > 1 && ran.some((nodes) => nodes.some(succeeded));
}

/** What a run leaves to a later one: what was undone, or only half, is there no more. */
export function withoutUndone(settled: RunState, steps: readonly TraceStep[]): RunState {
  // Undoing runs in no mode; a task does.
  const undone = new Set(steps.flatMap(({ node, status, mode }) => (status === "undone" || (status === "failed" && !mode) ? node : [])));
  return Object.fromEntries(Object.entries(settled).filter(([node, { status }]) => status !== "success" || !undone.has(node)));
}

/** What is kept, as steps of the trace. */
export function keptSteps(plan: Plan, settled: RunState): TraceStep[] {
  return nodesAt(plan, null).flatMap((node): TraceStep[] => {
    const state = settled[node.id];
    if (!state || node.kind === "match") return [];
    const task = node.kind === "task" ? node.task : node.id;
    const base = { node: node.id, task, mode: "kept" } as const;
    if (state.status === "skipped") return [{ ...base, status: "skipped" }];
    if (state.status === "failed") return [{ ...base, status: state.upstream ? "upstreamFailed" : "failed", failure: state.failure }];
    const isReceipt = plan.tasks[task]?.kind === "integrator" && "inline" in state.value;
    const wrote = state.wrote?.map((one): TraceStep => ({ ...writtenStep(plan, one), mode: "kept" })) ?? [];
    return [...wrote, { ...base, status: "success", ...(isReceipt && { receipt: state.value.inline as unknown as Receipt }) }];
  });
}

/** What the body of a map wrote, as a step of the trace. */
export function writtenStep(plan: Plan, { node: id, receipt }: Written): TraceStep {
  const node = nodeOf(plan, id);
  return { node: id, task: node?.kind === "task" ? node.task : id, status: "success", receipt };
}

/** A producer without its rows is of no use to a consumer that runs: it runs again with it, where that may be. */
function releaseProducers(plan: Plan, from: string, before: ReadonlySet<string>, kept: Map<string, RunState[string]>): void {
  for (const node of nodesAt(plan, null).toReversed()) {
    if (kept.has(node.id)) continue;
    for (const producer of rowsInto(plan, node)) {
      const state = kept.get(producer);
      if (state && (state.status !== "success" || "at" in state.value)) continue;
      if (before.has(producer) && producer !== from) throw rowsNotKept(plan, from, producer);
      kept.delete(producer);
    }
  }
}

function rowsNotKept(plan: Plan, from: string, producer: string) {
  const node = nodeOf(plan, producer);
  const before = node?.kind === "match" ? rowsInto(plan, node) : [producer];
  return terminal(
    "ROWS_NOT_KEPT",
    `"${plan.dag}" cannot begin from ${from}: it reads the rows of ${before.join(" or ")}, and rows are not kept. Begin from ${before.join(" or ")}.`,
  );
}

function notKept(plan: Plan, from: string, id: string) {
  return terminal(
    "INPUTS_GONE",
    `"${plan.dag}" cannot begin from ${from}: how ${id} ended for this object is not kept. Process it again from the start.`,
  );
}

function notReached(plan: Plan, from: string, reached: RunState[string], settled: RunState) {
  const failed = plan.nodes.find(({ id }) => {
    const state = settled[id];
    return state?.status === "failed" && !state.upstream;
  });
  const why = reached.status === "skipped" ? "it is not on the way that this object takes" : `${failed?.id ?? "what is"} before it failed`;
  const what = reached.status === "skipped" ? "Begin from a task of its own branch." : `Begin from ${failed?.id ?? "the start"}.`;
  return terminal("NOT_REACHED", `"${plan.dag}" cannot begin from ${from}: ${why}. ${what}`);
}

function mapAround(plan: Plan, id: string): string | undefined {
  const map = scopesAround(plan, nodeOf(plan, id)?.scope ?? null).findLast(({ kind }) => kind === "map");
  return map?.kind === "map" ? map.map : undefined;
}

/** In what a node is another one than it was, in words. */
function differenceOf(node: PlanNode, now: Pick<PublishedPlan, "plan" | "code">, earlier: Earlier): string | undefined {
  const was = nodeOf(earlier.plan, node.id);
  if (!was) return `${node.id} is new`;
  if (JSON.stringify(was) !== JSON.stringify(node)) return `${node.id} is wired or set in another way`;
  for (const one of node.kind === "map" ? nodesInBody(now.plan, node) : [node]) {
    if (one.kind !== "task") continue;
    if (JSON.stringify(nodeOf(earlier.plan, one.id)) !== JSON.stringify(one)) return `${one.id} is new, or wired or set in another way`;
    const [code, coded] = [earlier.code[one.task], now.code[one.task]];
    if (code !== coded) return `${one.id} runs other code (${shortly(code)} then, ${shortly(coded)} now)`;
  }
  return undefined;
}

function shortly(hash = "none"): string {
  return hash.slice(0, 12);
}

/** Large values that what runs takes, directly or through a match. */
function needsOf(plan: Plan, kept: ReadonlyMap<string, RunState[string]>): Resumption["needs"] {
  const needed = new Set<string>();
  const open = nodesAt(plan, null)
    .filter(({ id }) => !kept.has(id))
    .flatMap((node) => [...dependenciesOf(plan, node)]);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = nodeOf(plan, id);
    if (!node || !kept.has(id) || needed.has(id)) continue;
    needed.add(id);
    if (node.kind === "match") open.push(...dependenciesOf(plan, node));
  }
  return [...needed].flatMap((node) => {
    const state = kept.get(node);
    return state?.status === "success" && "at" in state.value && state.value.at ? [{ node, at: state.value.at }] : [];
  });
}
