import { nodesAt } from "../plan/graph.ts";
import type { MapNode, Plan, Stage } from "../plan/plan.ts";
import { remembered } from "../plan/remembered.ts";
import type { RunState, Settled } from "./settled.ts";
import { fateOf } from "./fate.ts";
import { createStandings } from "./standing.ts";
import type { Environment } from "./values.ts";

/** A stage whose inputs have settled, with those of its nodes that run, and the case that each of its matches takes. */
export type ReadyStage = {
  readonly stage: Stage;
  readonly nodes: readonly string[];
  readonly cases: { readonly [match: string]: number };
};

/** What can be done next: stages and maps whose inputs have settled. */
export type Step = {
  /** The state with everything settled that needs no work: skips, branches taken, failures passed on. */
  readonly state: RunState;
  readonly stages: readonly ReadyStage[];
  readonly maps: readonly { readonly node: MapNode; readonly length: number }[];
  /** True once every node of this body has settled. */
  readonly done: boolean;
};

/**
 * The interpreter's one decision: given what has settled, what is skipped and what is ready. Pure; the workflow and
 * `sluice/testing` both run it. `body` is the map body that is being worked on, null for the top of the flow.
 */
export function advance(plan: Plan, environment: Environment, body: string | null = null): Step {
  const settled: { [node: string]: Settled } = { ...environment.settled };
  const standings = createStandings(plan, { ...environment, settled }, body);
  const mine = nodesAt(plan, body);
  // Nodes stand in topological order, so one pass settles all that can settle.
  for (const node of mine) {
    const fate = settled[node.id] ? undefined : fateOf(plan, node, settled, standings);
    if (fate) settled[node.id] = fate;
  }
  const open = mine.filter(({ id }) => !settled[id]);
  if (open.length === 0) return { state: settled, stages: [], maps: [], done: true };

  const stages = stagesAt(plan, body).flatMap((stage): ReadyStage[] => {
    const nodes = stage.nodes.filter((id) => !settled[id]);
    const running = nodes.filter((id) => standings.of(id) === "run");
    if (running.length === 0 || nodes.some((id) => standings.of(id) === "wait")) return [];
    return [{ stage, nodes: running, cases: standings.casesOf(running) }];
  });
  const maps = open
    .filter((node): node is MapNode => node.kind === "map" && standings.of(node.id) === "run")
    .map((node) => ({ node, length: standings.lengthOf(node.over) }));
  return { state: settled, stages, maps, done: false };
}

const stagesAt = remembered((plan: Plan, body: string | null): readonly Stage[] => plan.stages.filter(({ scope }) => scope === body));
