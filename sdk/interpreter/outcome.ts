import type { Failure } from "../contracts/errors.ts";
import { ancestorsOf, bodyAround, scopesAround } from "../plan/graph.ts";
import type { Plan } from "../plan/plan.ts";
import type { RunState } from "./settled.ts";

/** How a run of a plan ended: what failed first, unless everything that failed was recovered. */
export type PlanOutcome = { readonly status: "success" } | { readonly status: "failed"; readonly failure: Failure; readonly node: string };

/**
 * A failure fails the DAG, also one that an `after` has handled, unless that `after` says `recovers` and everything
 * in it succeeded.
 */
export function outcomeOf(plan: Plan, settled: RunState, body: string | null = null): PlanOutcome {
  const recovered = recoveredNodes(plan, settled);
  for (const { id, scope } of plan.nodes) {
    const state = settled[id];
    if (bodyAround(plan, scope) !== body || state?.status !== "failed" || state.upstream || recovered.has(id)) continue;
    return { status: "failed", failure: state.failure, node: id };
  }
  return { status: "success" };
}

function recoveredNodes(plan: Plan, settled: RunState): ReadonlySet<string> {
  const recovered = new Set<string>();
  for (const scope of plan.scopes) {
    if (scope.kind !== "after" || !scope.recovers) continue;
    const inside = plan.nodes.filter((node) => scopesAround(plan, node.scope).some(({ id }) => id === scope.id));
    if (!inside.some(({ id }) => settled[id]?.status === "success") || inside.some(({ id }) => settled[id]?.status === "failed")) continue;
    for (const id of ancestorsOf(plan, scope.of)) recovered.add(id);
  }
  return recovered;
}

/** Nodes to undo after a failure: those that succeeded and can be undone, the last first. */
export function nodesToUndo(plan: Plan, settled: RunState): readonly string[] {
  return plan.nodes
    .filter(
      (node) =>
        node.kind === "task" &&
        plan.tasks[node.task]?.undo &&
        settled[node.id]?.status === "success" &&
        bodyAround(plan, node.scope) === null,
    )
    .map(({ id }) => id)
    .toReversed();
}
