import type { Plan, PlanNode } from "./plan.ts";

/** The longest that nodes may take, in milliseconds: their tasks one after the other. */
export function timeoutOf({ tasks }: Pick<Plan, "tasks">, nodes: readonly PlanNode[]): number {
  return nodes.reduce((sum, node) => sum + (node.kind === "task" ? (tasks[node.task]?.timeout ?? 0) : 0), 0);
}
