import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dagOf, flows } from "../../tests/arbitraries/flows.ts";
import type { Failure } from "../contracts/errors.ts";
import { compileDag } from "../plan/compile.ts";
import { nodeOf } from "../plan/graph.ts";
import type { Plan, PlanNode } from "../plan/plan.ts";
import { rowsInto, yieldsRows } from "../plan/stages.ts";
import { nodesToRetry } from "./retry.ts";

type Ended = { readonly status: "success" } | { readonly status: "failed"; readonly failure: Failure; readonly upstream?: true };

/** How the nodes of a stage end, where `own` decides of those whose producers did not fail. */
function outcomesOf(
  plan: Plan,
  nodes: readonly string[],
  own: (node: string) => "success" | "retryable" | "terminal",
): { [node: string]: Ended } {
  const outcomes: { [node: string]: Ended } = {};
  const failed = (kind: Failure["kind"]) => ({
    status: "failed" as const,
    failure: { code: "BY_CHANCE", kind, message: "", fingerprint: "" },
  });
  for (const id of nodes) {
    const node = nodeOf(plan, id) as PlanNode;
    const broken = rowsInto(plan, node).some((producer) => outcomes[producer]?.status === "failed");
    const kind = node.kind === "match" ? "success" : own(id);
    outcomes[id] = broken ? { ...failed("retryable"), upstream: true } : kind === "success" ? { status: "success" } : failed(kind);
  }
  return outcomes;
}

const kinds = fc.array(fc.constantFrom("success", "success", "retryable", "terminal" as const), { minLength: 1, maxLength: 12 });

describe("nodesToRetry", { timeout: 60_000 }, () => {
  it("runs what failed retryably again with all its producers, and never a sink that succeeded", () => {
    fc.assert(
      fc.property(flows, kinds, (flow, chances) => {
        const { plan } = compileDag(dagOf(flow));
        for (const { nodes } of plan.stages) {
          const outcomes = outcomesOf(plan, nodes, (id) => chances[nodes.indexOf(id) % chances.length] ?? "success");
          const again = nodesToRetry(plan, nodes, outcomes, () => true);
          for (const id of nodes) {
            const outcome = outcomes[id];
            if (outcome?.status === "failed" && !outcome.upstream)
              expect(again.includes(id), id).toBe(outcome.failure.kind === "retryable");
            if (outcome?.status === "success" && !yieldsRows(plan, id)) expect(again, id).not.toContain(id);
          }
          for (const id of again) {
            const producers = rowsInto(plan, nodeOf(plan, id) as PlanNode).filter((producer) => nodes.includes(producer));
            expect(again).toEqual(expect.arrayContaining(producers));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("leaves a consumer whose other producer failed for good", () => {
    const { plan } = compileDag(
      dagOf([{ kind: "match", on: 0, cases: [[], [{ kind: "produce", uses: [], site: "global" }]], otherwise: false, rows: true }]),
    );
    const stage = plan.stages.find(({ nodes }) => nodes.includes("produce-global:2"));
    const own = (id: string) => (id === "produce-global:2" ? "terminal" : "retryable");
    const outcomes = outcomesOf(plan, stage?.nodes ?? [], own);
    expect(nodesToRetry(plan, stage?.nodes ?? [], outcomes, () => true)).not.toContain("produce-global:2");
  });

  it("runs nothing again whose attempts are used up", () => {
    const { plan } = compileDag(dagOf([{ kind: "consume", of: 0, uses: [] }]));
    const nodes = ["produce-global", "consume"];
    const outcomes = outcomesOf(plan, nodes, (id) => (id === "consume" ? "retryable" : "success"));
    expect(nodesToRetry(plan, nodes, outcomes, () => true)).toEqual(nodes);
    expect(nodesToRetry(plan, nodes, outcomes, () => false)).toEqual([]);
  });
});
