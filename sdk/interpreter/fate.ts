import { type Failure, fingerprintOf } from "../contracts/errors.ts";
import type { Json } from "../contracts/json.ts";
import { ancestorsOf } from "../plan/graph.ts";
import type { MapNode, MatchNode, Plan, PlanNode } from "../plan/plan.ts";
import type { RunState, Settled } from "./settled.ts";
import type { Standings } from "./standing.ts";

/** How a node settles that needs no work: it is skipped, a failure before it is passed on, or it is a match. */
export function fateOf(plan: Plan, node: PlanNode, settled: RunState, standings: Standings): Settled | undefined {
  const standing = standings.of(node.id);
  if (standing === "wait" || standing === "hold") return undefined;
  if (standing === "skip") return { status: "skipped" };
  if (standing === "upstreamFailed") return { status: "failed", upstream: true, failure: failureBefore(plan, node, settled) };
  if (node.kind === "map" && standings.lengthOf(node.over) < 0) return { status: "failed", failure: notAList(node) };
  if (node.kind !== "match") return undefined;
  const taken = standings.caseOf(node);
  if (!taken) return { status: "failed", failure: noBranch(node, standings.valueOf(node.on)) };
  // A stream passes through a match while its stage runs.
  return node.rows || typeof taken === "string" ? undefined : { status: "success", value: { same: taken.result } };
}

function failureBefore(plan: Plan, node: PlanNode, settled: RunState): Failure {
  const before = ancestorsOf(plan, [node.id]);
  const origin = plan.nodes
    .map(({ id }) => (before.has(id) ? settled[id] : undefined))
    .find((state) => state?.status === "failed" && !state.upstream);
  const failure = origin?.status === "failed" ? origin.failure : undefined;
  const message = failure
    ? `Not run, because ${failure.task ?? "a task"} before it failed: ${failure.message}`
    : "Not run, because a task before it failed.";
  return {
    code: "UPSTREAM_FAILED",
    kind: failure?.kind ?? "retryable",
    message,
    task: node.id,
    fingerprint: fingerprintOf("UPSTREAM_FAILED", node.id, ""),
  };
}

function noBranch(node: MatchNode, value: Json): Failure {
  const message = `${node.id} met ${JSON.stringify(value)}, for which it has no branch; expected ${node.cases.map(({ when }) => when).join(", ")}. Add a branch for it, or \`otherwise\`.`;
  return { code: "NO_BRANCH", kind: "terminal", message, task: node.id, fingerprint: fingerprintOf("NO_BRANCH", node.id, message) };
}

function notAList(node: MapNode): Failure {
  const message = `${node.id} was given a value that is no list. Let the task before it return an array.`;
  return { code: "MAP_NOT_LIST", kind: "terminal", message, task: node.id, fingerprint: fingerprintOf("MAP_NOT_LIST", node.id, message) };
}
