import type { Json } from "../contracts/json.ts";
import { typeMatches } from "../language/mime.ts";
import { capturedBy, dependenciesOf, nodeOf, type Reference, referencesOf, scopesAround } from "../plan/graph.ts";
import type { Expression, MatchNode, Plan, PlanNode, Scope, Stage } from "../plan/plan.ts";
import { remembered } from "../plan/remembered.ts";
import { rowsInto } from "../plan/stages.ts";
import { judge, type Verdict } from "./rules.ts";
import type { Settled } from "./settled.ts";
import { type Elsewhere, type Environment, evaluate, exposedKey } from "./values.ts";

/**
 * What is to become of a node that has not settled. `wait`: nothing is known before others have settled. `hold`: it
 * will not run with its stage, but whether it counts as skipped or failed is known once its producer there has settled.
 */
export type Standing = Verdict | "wait" | "hold";

type Case = MatchNode["cases"][number];

export type Standings = ReturnType<typeof createStandings>;

/**
 * How the nodes of one body stand, by what has settled. `environment.settled` may grow under it: only what is final
 * is remembered.
 */
export function createStandings(plan: Plan, environment: Environment, body: string | null) {
  const { settled } = environment;
  const final = new Map<string, Verdict>();

  function of(id: string): Standing {
    const known = final.get(id);
    if (known) return known;
    const node = nodeOf(plan, id);
    const standing = node ? standingOf(node) : "wait";
    if (standing !== "wait" && standing !== "hold") final.set(id, standing);
    return standing;
  }

  function standingOf(node: PlanNode): Standing {
    const gate = gateOf(node.scope);
    if (gate !== "run") return gate;
    if (node.kind === "match") {
      const taken = caseOf(node);
      if (typeof taken === "string") return taken;
      return taken ? ofInputs(node, referencesOf(taken.result)) : "run";
    }
    if (node.kind === "map") {
      for (const id of dependenciesOf(plan, node)) if (!settled[id] && !isItem(id)) return "wait";
      return ofInputs(node, [...referencesOf(node.over), ...capturedBy(plan, node)]);
    }
    return ofInputs(node, referencesOfTask(plan, node));
  }

  /** allSuccess over what a node is given; Results need only have settled. */
  function ofInputs(node: PlanNode, references: readonly Reference[]): Standing {
    const statuses: Settled["status"][] = [];
    let flowing = false;
    for (const { node: id, result } of references) {
      if (id === "object" || isItem(id)) continue;
      const state = settled[id];
      if (state) {
        if (!result) statuses.push(state.status);
      } else if (flowsInto(id, node)) {
        const standing = of(id);
        if (standing !== "run") return standing;
        flowing = true;
      } else {
        return "wait";
      }
    }
    const verdict = judge("allSuccess", statuses);
    return verdict === "skip" && flowing ? "hold" : verdict;
  }

  /** Whether rows of the one reach the other as they come, so that both run together. */
  function flowsInto(producer: string, node: PlanNode): boolean {
    return rowsInto(plan, node).includes(producer) && (stageWith(plan, producer)?.nodes.includes(node.id) ?? false);
  }

  function isItem(id: string): boolean {
    return id in environment.items;
  }

  /** Whether the scopes around let a node through. */
  function gateOf(scope: string | null): Standing {
    if (scope === body) return "run";
    for (const around of scopesBetween(scope)) {
      const gate = gateOfScope(around);
      if (gate !== "run") return gate;
    }
    return "run";
  }

  /** The scopes around, outermost first, up to the body that is being worked on: those around that have let it through. */
  function scopesBetween(scope: string | null): readonly Scope[] {
    const around = scopesAround(plan, scope);
    const end = body === null ? around.length : around.findIndex(({ id }) => id === body);
    return around.slice(0, end).toReversed();
  }

  function gateOfScope(scope: Scope): Standing {
    if (scope.kind === "map") return "wait";
    if (scope.kind === "after") {
      const states = scope.of.map((id) => settled[id]);
      const known = states.filter((state) => state !== undefined);
      return known.length < states.length
        ? "wait"
        : judge(
            scope.rule,
            known.map(({ status }) => status),
          );
    }
    const match = nodeOf(plan, scope.match);
    if (match?.kind !== "match") return "wait";
    const taken = caseOf(match);
    if (typeof taken === "string") return taken;
    return taken === match.cases[scope.index] ? "run" : "skip";
  }

  /** The case that a match takes; undefined where none does. */
  function caseOf(node: MatchNode): Case | undefined | Exclude<Standing, "run"> {
    const standing = ofInputs(node, referencesOf(node.on));
    if (standing !== "run") return standing;
    const value = valueOf(node.on);
    return node.cases.find(
      ({ when }) => when === null || (typeof value === "string" ? typeMatches(when, value) : when === JSON.stringify(value)),
    );
  }

  function casesOf(nodes: readonly string[]): { [match: string]: number } {
    const cases: { [match: string]: number } = {};
    for (const id of nodes) {
      const node = nodeOf(plan, id);
      const taken = node?.kind === "match" ? caseOf(node) : undefined;
      if (node?.kind === "match" && typeof taken === "object") cases[id] = node.cases.indexOf(taken);
    }
    return cases;
  }

  /** As far as a workflow knows it. */
  function valueOf(expression: Expression): Json {
    return evaluate(expression, environment, exposed);
  }

  /** Entries of the list that a map goes over; -1 where it is no list. */
  function lengthOf(expression: Expression): number {
    const value = evaluate(expression, environment, (elsewhere) => {
      const { stored, path } = elsewhere;
      return path.length === 0 ? { length: stored.at?.length ?? 0 } : exposed(elsewhere);
    });
    if (Array.isArray(value)) return value.length;
    const length = typeof value === "object" && value !== null ? (value as { length?: Json }).length : undefined;
    return typeof length === "number" ? length : -1;
  }

  return { of, caseOf, casesOf, valueOf, lengthOf };
}

function exposed({ stored, path }: Elsewhere): Json {
  return ("exposed" in stored ? stored.exposed?.[exposedKey(path)] : undefined) ?? null;
}

const referencesOfTask = remembered((_: Plan, node: PlanNode & { kind: "task" }): readonly Reference[] => [
  ...referencesOf(node.input),
  ...(node.options ? referencesOf(node.options) : []),
]);

const stageWith = remembered((plan: Plan, node: string): Stage | undefined => plan.stages.find(({ nodes }) => nodes.includes(node)));
