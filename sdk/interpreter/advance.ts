import { fingerprintOf, type Failure } from "../contracts/errors.ts";
import type { Json } from "../contracts/json.ts";
import { typeMatches } from "../language/mime.ts";
import { ancestorsOf, bodyAround, dependenciesOf, nodeOf, referencesOf, scopesAround } from "../plan/graph.ts";
import type { Expression, MapNode, MatchNode, Plan, PlanNode, Scope, Stage } from "../plan/plan.ts";
import { rowsInto } from "../plan/stages.ts";
import { judge, type Verdict } from "./rules.ts";
import type { RunState, Settled } from "./settled.ts";
import { type Elsewhere, type Environment, evaluate, exposedKey } from "./values.ts";

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
  const mine = plan.nodes.filter((node) => bodyAround(plan, node.scope) === body);
  let settled: RunState = environment.settled;
  const context = () => createVerdicts(plan, { ...environment, settled }, body);
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of mine) {
      if (settled[node.id]) continue;
      const fate = context().settleWithoutWork(node);
      if (!fate) continue;
      settled = { ...settled, [node.id]: fate };
      changed = true;
    }
  }
  const verdicts = context();
  const open = (id: string) => !settled[id];
  const stages = plan.stages
    .filter(({ scope }) => scope === body)
    .map((stage) => ({ stage, waiting: stage.nodes.filter(open) }))
    .filter(({ waiting }) => waiting.length > 0 && waiting.every((id) => verdicts.of(id) !== "wait"))
    .map(({ stage, waiting }) => ({ stage, nodes: waiting.filter((id) => verdicts.of(id) === "run") }))
    .filter(({ nodes }) => nodes.length > 0)
    .map((ready) => ({ ...ready, cases: verdicts.casesOf(ready.nodes) }));
  const maps = mine
    .filter((node): node is MapNode => node.kind === "map" && open(node.id) && verdicts.of(node.id) === "run")
    .map((node) => ({ node, length: verdicts.lengthOf(node.over) }));
  return { state: settled, stages, maps, done: mine.every(({ id }) => !open(id)) };
}

type Standing = Verdict | "wait";

function createVerdicts(plan: Plan, environment: Environment, body: string | null) {
  const { settled } = environment;
  const known = new Map<string, Standing>();

  /** What will become of an unsettled node. */
  function of(id: string): Standing {
    const cached = known.get(id);
    if (cached) return cached;
    const node = nodeOf(plan, id);
    if (!node) return "wait";
    known.set(id, "wait");
    const verdict = verdictOf(node);
    known.set(id, verdict);
    return verdict;
  }

  function verdictOf(node: PlanNode): Standing {
    const gate = gateOf(node.scope);
    if (gate !== "run") return gate;
    if (node.kind === "match") {
      const taken = caseOf(node);
      if (typeof taken === "string") return taken;
      return taken ? inputsOf(node, [taken.result]) : "run";
    }
    if (node.kind === "map") {
      const captured = [...dependenciesOf(plan, node)];
      if (captured.some((id) => !settled[id] && !isOuterItem(id))) return "wait";
      return inputsOf(node, [node.over]);
    }
    return inputsOf(node, node.options ? [node.input, node.options] : [node.input]);
  }

  /** allSuccess over what a node is given; Results need only have settled. */
  function inputsOf(node: PlanNode, expressions: readonly Expression[]): Standing {
    const streams = new Set(rowsInto(plan, node));
    const statuses: Settled["status"][] = [];
    for (const { node: id, result } of expressions.flatMap(referencesOf)) {
      if (id === "object" || isOuterItem(id)) continue;
      const state = settled[id];
      if (state) {
        if (!result) statuses.push(state.status);
      } else if (streams.has(id) && sameStage(id, node.id)) {
        const standing = of(id);
        if (standing === "wait") return "wait";
        statuses.push(standing === "run" ? "success" : standing === "skip" ? "skipped" : "failed");
      } else {
        return "wait";
      }
    }
    return judge("allSuccess", statuses);
  }

  function isOuterItem(id: string): boolean {
    return id in environment.items;
  }

  function sameStage(one: string, other: string): boolean {
    return plan.stages.some(({ nodes }) => nodes.includes(one) && nodes.includes(other));
  }

  /** Whether the scopes around let a node through. */
  function gateOf(scope: string | null): Standing {
    for (const around of scopesAround(plan, scope).toReversed()) {
      if (around.id === body || (body !== null && scopesAround(plan, body).some(({ id }) => id === around.id))) continue;
      const gate = gateOfScope(around);
      if (gate !== "run") return gate;
    }
    return "run";
  }

  function gateOfScope(scope: Scope): Standing {
    if (scope.kind === "map") return "wait";
    if (scope.kind === "after") {
      const statuses = scope.of.map((id) => settled[id]?.status);
      return statuses.includes(undefined) ? "wait" : judge(scope.rule, statuses as Settled["status"][]);
    }
    const match = nodeOf(plan, scope.match);
    if (match?.kind !== "match") return "wait";
    const taken = caseOf(match);
    if (typeof taken === "string") return taken;
    return taken === match.cases[scope.index] ? "run" : "skip";
  }

  /** The case that a match takes; undefined where none does. */
  function caseOf(node: MatchNode): MatchNode["cases"][number] | undefined | "wait" | "skip" | "upstreamFailed" {
    const standing = inputsOf(node, [node.on]);
    if (standing !== "run") return standing;
    const value = evaluate(node.on, environment, exposed);
    return node.cases.find(({ when }) => when === null || (typeof value === "string" ? typeMatches(when, value) : when === String(value)));
  }

  function casesOf(nodes: readonly string[]): { [match: string]: number } {
    const matches = nodes.map((id) => nodeOf(plan, id)).filter((node) => node?.kind === "match");
    return Object.fromEntries(matches.map((node) => [node.id, node.cases.indexOf(caseOf(node) as MatchNode["cases"][number])]));
  }

  function exposed({ stored, path }: Elsewhere): Json {
    if ("exposed" in stored) return stored.exposed?.[exposedKey(path)] ?? null;
    return null;
  }

  function lengthOf(expression: Expression): number {
    const value = evaluate(expression, environment, (elsewhere) => {
      const { stored, path } = elsewhere;
      return path.length === 0 ? { length: stored.at?.length ?? 0 } : exposed(elsewhere);
    });
    if (Array.isArray(value)) return value.length;
    const length = typeof value === "object" && value !== null ? (value as { length?: Json }).length : undefined;
    return typeof length === "number" ? length : -1;
  }

  /** How a node settles that needs no work: it is skipped, a failure before it is passed on, or it is a match. */
  function settleWithoutWork(node: PlanNode): Settled | undefined {
    const verdict = of(node.id);
    if (verdict === "wait") return undefined;
    if (verdict === "skip") return { status: "skipped" };
    if (verdict === "upstreamFailed") return { status: "failed", upstream: true, failure: failureBefore(node) };
    if (node.kind === "map" && lengthOf(node.over) < 0) return { status: "failed", failure: notAList(node) };
    if (node.kind !== "match") return undefined;
    const taken = caseOf(node);
    if (typeof taken === "string") return undefined;
    if (!taken) return { status: "failed", failure: noBranch(node, evaluate(node.on, environment, exposed)) };
    if (node.rows) return undefined;
    return { status: "success", value: { same: taken.result } };
  }

  function failureBefore(node: PlanNode): Failure {
    const before = [...ancestorsOf(plan, [node.id])].map((id) => settled[id]);
    const origin = before.find((state) => state?.status === "failed" && !state.upstream);
    const failure = origin?.status === "failed" ? origin.failure : undefined;
    const message = failure ? `Not run, because ${failure.task ?? "a task"} before it failed: ${failure.message}` : "Not run, because a task before it failed.";
    return { code: "UPSTREAM_FAILED", kind: failure?.kind ?? "retryable", message, task: node.id, fingerprint: fingerprintOf("UPSTREAM_FAILED", node.id, "") };
  }

  return { of, settleWithoutWork, lengthOf, casesOf };
}

function noBranch(node: MatchNode, value: Json): Failure {
  const message = `${node.id} met ${JSON.stringify(value)}, for which it has no branch; expected ${node.cases.map(({ when }) => when).join(", ")}. Add a branch for it, or \`otherwise\`.`;
  return { code: "NO_BRANCH", kind: "terminal", message, task: node.id, fingerprint: fingerprintOf("NO_BRANCH", node.id, message) };
}

function notAList(node: MapNode): Failure {
  const message = `${node.id} was given a value that is no list. Let the task before it return an array.`;
  return { code: "MAP_NOT_LIST", kind: "terminal", message, task: node.id, fingerprint: fingerprintOf("MAP_NOT_LIST", node.id, message) };
}
