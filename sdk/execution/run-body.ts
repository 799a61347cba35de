import type { Failure } from "../contracts/errors.ts";
import type { Json } from "../contracts/json.ts";
import type { Receipt, Written } from "../contracts/receipt.ts";
import { advance } from "../interpreter/advance.ts";
import { outcomeOf } from "../interpreter/outcome.ts";
import type { Settled } from "../interpreter/settled.ts";
import { tooManyFailed } from "../interpreter/tolerance.ts";
import { type Environment, evaluate, forItem, resultOf } from "../interpreter/values.ts";
import { nodeOf } from "../plan/graph.ts";
import type { MapNode, Plan, PlanNode } from "../plan/plan.ts";
import type { NodeOutcome, StageRequest } from "./run-stage.ts";
import { settledOf } from "./settle.ts";

/** What came of one item of a map. */
export type ItemOutcome = { readonly value: Json } | { readonly failure: Failure };

/** With what its integrators wrote, also where the item failed in the end. */
export type BodyOutcome = ItemOutcome & { readonly wrote: readonly Written[] };

/** Runs one stage of an item: never throws for a task's failure. */
export type RunItemStage = (request: StageRequest) => Promise<ReadonlyMap<string, NodeOutcome>>;

/**
 * Runs the body of a map for one item in this process, without retries: the same decisions as in a workflow, but
 * nothing is recorded in between. Values stay in memory; nested maps go item by item.
 */
export async function runBody(plan: Plan, body: string, environment: Environment, runStage: RunItemStage): Promise<BodyOutcome> {
  let at = environment;
  const wrote: Written[] = [];
  for (;;) {
    const step = advance(plan, at, body);
    at = { ...at, settled: step.state };
    if (step.stages.length === 0 && step.maps.length === 0) break;
    const current = at;
    const settled = await Promise.all([
      ...step.stages.map(async (ready) => {
        const nodes = ready.nodes.map((id) => nodeOf(plan, id)).filter((node) => node !== undefined);
        const outcomes = await runStage({ nodes, cases: ready.cases, spools: ready.stage.spools, environment: current });
        wrote.push(...receiptsIn(plan, nodes, outcomes));
        return Object.fromEntries([...outcomes].map(([id, outcome]) => [id, settledOf(outcome, id)]));
      }),
      ...step.maps.map(async ({ node }) => {
        const outcomes = await runNested(plan, node, current, runStage);
        wrote.push(...outcomes.flatMap((outcome) => outcome.wrote));
        return { [node.id]: settleMap(node, outcomes) };
      }),
    ]);
    at = { ...at, settled: Object.assign({}, at.settled, ...settled) as Environment["settled"] };
  }
  const outcome = outcomeOf(plan, at.settled, body);
  if (outcome.status === "failed") return { failure: outcome.failure, wrote };
  const map = plan.nodes.find((node): node is MapNode => node.kind === "map" && node.body === body);
  return { value: map ? evaluate(map.result, at, () => null) : null, wrote };
}

async function runNested(plan: Plan, node: MapNode, environment: Environment, runStage: RunItemStage): Promise<readonly BodyOutcome[]> {
  const list = evaluate(node.over, environment, () => null) as readonly Json[];
  const outcomes: BodyOutcome[] = [];
  for (const [index, item] of list.entries())
    outcomes.push(await runBody(plan, node.body, forItem(environment, node.id, index, item), runStage));
  return outcomes;
}

/** What an integrator returns is its receipt. */
function receiptsIn(plan: Plan, nodes: readonly PlanNode[], outcomes: ReadonlyMap<string, NodeOutcome>): readonly Written[] {
  return nodes.flatMap((node): readonly Written[] => {
    if (node.kind !== "task" || plan.tasks[node.task]?.kind !== "integrator") return [];
    const outcome = outcomes.get(node.id);
    return outcome?.status === "success" && "value" in outcome ? [{ node: node.id, receipt: outcome.value as Receipt }] : [];
  });
}

/** How a map ends, by the outcomes of all its items. */
export function settleMap(node: MapNode, outcomes: readonly ItemOutcome[]): Settled {
  const failures = outcomes.filter((outcome) => "failure" in outcome).map(({ failure }) => failure);
  const refused = tooManyFailed(node, outcomes.length, failures.length, failures[0]);
  if (refused) return { status: "failed", failure: refused };
  const values = outcomes.map((outcome) => {
    if ("failure" in outcome) return resultOf({ status: "failed", failure: outcome.failure }, () => null);
    return node.tolerate ? resultOf({ status: "success", value: { inline: null } }, () => outcome.value) : outcome.value;
  });
  return { status: "success", value: { inline: values } };
}
