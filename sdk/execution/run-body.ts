import type { Failure } from "../contracts/errors.ts";
import type { Json } from "../contracts/json.ts";
import { advance } from "../interpreter/advance.ts";
import { outcomeOf } from "../interpreter/outcome.ts";
import type { Settled } from "../interpreter/settled.ts";
import { tooManyFailed } from "../interpreter/tolerance.ts";
import { type Environment, evaluate, resultOf } from "../interpreter/values.ts";
import { nodeOf } from "../plan/graph.ts";
import type { MapNode, Plan } from "../plan/plan.ts";
import { runStage, type StageDependencies } from "./run-stage.ts";
import { settledOf } from "./settle.ts";

/** What came of one item of a map. */
export type BodyOutcome = { readonly value: Json } | { readonly failure: Failure };

/**
 * Runs the body of a map for one item in this process, without retries: the same decisions as in a workflow, but
 * nothing is recorded in between. Values stay in memory; nested maps go item by item.
 */
export async function runBody(plan: Plan, body: string, environment: Environment, needs: StageDependencies): Promise<BodyOutcome> {
  let at = environment;
  for (;;) {
    const step = advance(plan, at, body);
    at = { ...at, settled: step.state };
    if (step.stages.length === 0 && step.maps.length === 0) break;
    const current = at;
    const settled = await Promise.all([
      ...step.stages.map(async (ready) => {
        const nodes = ready.nodes.map((id) => nodeOf(plan, id)).filter((node) => node !== undefined);
        const outcomes = await runStage({ nodes, cases: ready.cases, spools: ready.stage.spools, environment: current }, needs);
        return Object.fromEntries([...outcomes].map(([id, outcome]) => [id, settledOf(outcome, id)]));
      }),
      ...step.maps.map(async ({ node }) => ({ [node.id]: await runNested(plan, node, current, needs) })),
    ]);
    at = { ...at, settled: Object.assign({}, at.settled, ...settled) as Environment["settled"] };
  }
  const outcome = outcomeOf(plan, at.settled, body);
  if (outcome.status === "failed") return { failure: outcome.failure };
  const map = plan.nodes.find((node): node is MapNode => node.kind === "map" && node.body === body);
  return { value: map ? evaluate(map.result, at, () => null) : null };
}

async function runNested(plan: Plan, node: MapNode, environment: Environment, needs: StageDependencies): Promise<Settled> {
  const list = evaluate(node.over, environment, () => null) as readonly Json[];
  const outcomes: BodyOutcome[] = [];
  for (const item of list)
    outcomes.push(await runBody(plan, node.body, { ...environment, items: { ...environment.items, [node.id]: item } }, needs));
  return settleMap(node, outcomes);
}

/** How a map ends, by the outcomes of all its items. */
export function settleMap(node: MapNode, outcomes: readonly BodyOutcome[]): Settled {
  const failures = outcomes.filter((outcome) => "failure" in outcome).map(({ failure }) => failure);
  const refused = tooManyFailed(node, outcomes.length, failures.length, failures[0]);
  if (refused) return { status: "failed", failure: refused };
  const values = outcomes.map((outcome) => {
    if ("failure" in outcome) return resultOf({ status: "failed", failure: outcome.failure }, () => null);
    return node.tolerate ? resultOf({ status: "success", value: { inline: null } }, () => outcome.value) : outcome.value;
  });
  return { status: "success", value: { inline: values } };
}
