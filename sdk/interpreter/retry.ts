import type { Failure } from "../contracts/errors.ts";
import { nodeOf } from "../plan/graph.ts";
import type { Plan } from "../plan/plan.ts";
import { rowsInto } from "../plan/stages.ts";

type Ended = { readonly status: "success" } | { readonly status: "failed"; readonly failure: Failure; readonly upstream?: true };

/**
 * Which nodes of a stage have to run again: those that failed retryably and may, those that failed only because
 * their producer did, and the producers of both, since rows do not outlive their stage. What else succeeded, a
 * sink beside the failed one say, is not repeated.
 */
export function nodesToRetry(
  plan: Plan,
  nodes: readonly string[],
  outcomes: { readonly [node: string]: Ended | undefined },
  mayRetry: (node: string) => boolean,
): readonly string[] {
  const again = new Set(
    nodes.filter((id) => {
      const outcome = outcomes[id];
      return outcome?.status === "failed" && !outcome.upstream && outcome.failure.kind === "retryable" && mayRetry(id);
    }),
  );
  if (again.size === 0) return [];
  const producersOf = (id: string) => {
    const node = nodeOf(plan, id);
    return node ? rowsInto(plan, node).filter((producer) => nodes.includes(producer)) : [];
  };
  // Nodes stand in topological order: one pass downstream, one pass upstream.
  for (const id of nodes) {
    const outcome = outcomes[id];
    if (outcome?.status !== "failed" || !outcome.upstream) continue;
    const producers = producersOf(id);
    const isLost = (producer: string) => outcomes[producer]?.status === "failed" && !again.has(producer);
    // Beside a producer that failed for good there is nothing to consume.
    if (producers.some((producer) => again.has(producer)) && !producers.some(isLost)) again.add(id);
  }
  for (const id of nodes.toReversed()) if (again.has(id)) for (const producer of producersOf(id)) again.add(producer);
  return nodes.filter((id) => again.has(id));
}
