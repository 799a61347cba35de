import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dagOf, type FlowStep, flows, texts } from "../../tests/arbitraries/flows.ts";
import { type BodyRun, type Fate, simulate } from "../../tests/arbitraries/simulate.ts";
import { readTruthTable } from "../../tests/arbitraries/truth-table.ts";
import { compileDag } from "../plan/compile.ts";
import { capturedBy, nodeOf, nodesAt, type Reference, referencesOf, scopesAround } from "../plan/graph.ts";
import type { Plan, PlanNode } from "../plan/plan.ts";
import { outcomeOf } from "./outcome.ts";

const table = readTruthTable();

/** One number makes a whole fate: what fails, what is returned, what is done first. */
function fateOf(seed: number, failing: number, order: number): Fate {
  let turn = order;
  const chance = (text: string) => {
    let hash = seed;
    for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    return (hash >>> 8) / 2 ** 24;
  };
  return {
    fails: (node, item) => chance(`fails ${node} ${item}`) < failing,
    text: (node) => texts[Math.floor(chance(`text ${node}`) * texts.length)] ?? "a",
    length: (node) => Math.floor(chance(`length ${node}`) * 3),
    next: (ready) => (ready === 0 ? 0 : (turn = Math.imul(turn, 48_271) >>> 0) % ready),
  };
}

const seeds = fc.record({ seed: fc.nat(), failing: fc.constantFrom(0, 0.1, 0.4), order: fc.nat() });

/** What the rules of the README say of a node, judged once all is over. */
function verdictOf(plan: Plan, run: BodyRun, node: PlanNode): string {
  const status = (id: string) => run.settled[id]?.status ?? "success";
  const values = (references: readonly Reference[]) =>
    references
      .filter(({ node: id, result }) => !result && id !== "object" && !(id in run.items))
      .map((reference) => status(reference.node));
  const allSuccess = (references: readonly Reference[]) =>
    values(references).length === 0 ? "run" : table.says("allSuccess", values(references));
  const caseOf = (match: PlanNode & { kind: "match" }) => {
    const value = "from" in match.on ? (run.items[match.on.from] ?? resolve(match.on.from)) : undefined;
    return match.cases.findIndex(({ when }) => when === null || when === value);
  };
  const resolve = (id: string): unknown => {
    const state = run.settled[id];
    if (state?.status !== "success") return undefined;
    if ("inline" in state.value) return state.value.inline;
    const same = "same" in state.value ? state.value.same : undefined;
    return same && "from" in same ? (run.items[same.from] ?? resolve(same.from)) : undefined;
  };
  const around = scopesAround(plan, node.scope);
  const body = around.findIndex(({ id }) => id === run.body);
  for (const scope of around.slice(0, body === -1 ? undefined : body).toReversed()) {
    const match = scope.kind === "case" ? nodeOf(plan, scope.match) : undefined;
    const gate =
      scope.kind === "after"
        ? table.says(scope.rule, scope.of.map(status))
        : match?.kind === "match" && scope.kind === "case"
          ? allSuccess(referencesOf(match.on)) === "run"
            ? caseOf(match) === scope.index
              ? "run"
              : "skip"
            : allSuccess(referencesOf(match.on))
          : "run";
    if (gate !== "run") return gate;
  }
  if (node.kind === "map") return allSuccess([...referencesOf(node.over), ...capturedBy(plan, node)]);
  if (node.kind === "task") return allSuccess([...referencesOf(node.input), ...(node.options ? referencesOf(node.options) : [])]);
  const on = allSuccess(referencesOf(node.on));
  if (on !== "run") return on;
  const taken = node.cases[caseOf(node)];
  return taken ? allSuccess(referencesOf(taken.result)) : "run";
}

/** A consumer with a skipped input beside the rows of its stage, whose producer then fails. */
const skippedBesideFailed: [readonly FlowStep[], { seed: number; failing: number; order: number }] = [
  [
    { kind: "after", of: [0], rule: "allFailed", recovers: false, body: [], tells: true },
    { kind: "consume", of: 0, uses: [7] },
  ],
  { seed: 269_248_570, failing: 0.4, order: 0 },
];

function allRuns(run: BodyRun): readonly BodyRun[] {
  return [run, ...run.inner.flatMap(allRuns)];
}

// Thousands of runs on a machine that does other things too.
describe("advance", { timeout: 60_000 }, () => {
  // That nothing settles twice, changes once settled, or hangs, the simulation checks by itself.
  it("settles every node of any DAG exactly once, as the rules of the README say", () => {
    fc.assert(
      fc.property(flows, seeds, (flow, { seed, failing, order }) => {
        const { plan, problems } = compileDag(dagOf(flow));
        expect(problems).toEqual([]);
        for (const run of allRuns(simulate(plan, fateOf(seed, failing, order)))) {
          const mine = nodesAt(plan, run.body);
          for (const node of mine) {
            const state = run.settled[node.id];
            const verdict = verdictOf(plan, run, node);
            const found =
              state?.status === "skipped" ? "skip" : state?.status === "failed" && state.upstream ? "upstreamFailed" : state && "run";
            expect(found, `${node.id} ${JSON.stringify(run.settled)}`).toBe(verdict);
            if (node.kind === "task") expect(run.ran.includes(node.id), node.id).toBe(verdict === "run");
          }
          expect(new Set(run.ran).size).toBe(run.ran.length);
        }
      }),
      { numRuns: 300, examples: [skippedBesideFailed] },
    );
  });

  it("comes to the same end in whatever order ready stages are done", () => {
    const statuses = ({ settled }: BodyRun) =>
      Object.fromEntries(Object.entries(settled).map(([id, state]) => [id, `${state.status} ${"upstream" in state}`]));
    fc.assert(
      fc.property(flows, seeds, fc.nat(), (flow, { seed, failing, order }, other) => {
        const { plan } = compileDag(dagOf(flow));
        const [one, two] = [order, other].map((turn) => simulate(plan, fateOf(seed, failing, turn)));
        if (!one || !two) throw new Error("no runs");
        expect(statuses(two)).toEqual(statuses(one));
        expect(outcomeOf(plan, two.settled)).toEqual(outcomeOf(plan, one.settled));
      }),
      { numRuns: 300 },
    );
  });

  it("fails a DAG exactly when something in it failed, unless an after recovers", () => {
    fc.assert(
      fc.property(flows, seeds, (flow, { seed, failing, order }) => {
        const { plan } = compileDag(dagOf(flow));
        const { settled } = simulate(plan, fateOf(seed, failing, order));
        const failed = nodesAt(plan, null).some(({ id }) => settled[id]?.status === "failed");
        const { status } = outcomeOf(plan, settled);
        if (!failed) expect(status).toBe("success");
        else if (!plan.scopes.some((scope) => scope.kind === "after" && scope.recovers)) expect(status).toBe("failed");
      }),
      { numRuns: 300 },
    );
  });
});
