import type { Failure } from "../contracts/errors.ts";
import type { Json } from "../contracts/json.ts";
import type { NodeOutcome } from "../execution/run-stage.ts";
import { settledOf } from "../execution/settle.ts";
import { type Environment, evaluate } from "../interpreter/values.ts";
import type { Expression, Plan, TaskNode } from "../plan/plan.ts";
import { yieldsRows } from "../plan/stages.ts";

/** One run of one task: what it was given and what came of it. */
export type TaskRun = {
  readonly node: string;
  readonly task: string;
  readonly attempt: number;
  /** As JSON; the object and streams stand as short texts. */
  readonly input: Json;
  readonly status: "success" | "failed" | "upstreamFailed";
  readonly value?: Json;
  /** Rows that a producer yielded. */
  readonly rows?: number;
  readonly failure?: Failure;
};

export function recordRun(plan: Plan, node: TaskNode, attempt: number, outcome: NodeOutcome, environment: Environment): TaskRun {
  const base = { node: node.id, task: node.task, attempt, input: inputOf(plan, node.input, environment) };
  const settled = settledOf(outcome, node.id);
  if (settled.status === "failed") return { ...base, status: settled.upstream ? "upstreamFailed" : "failed", failure: settled.failure };
  if ("rows" in outcome) return { ...base, status: "success", rows: outcome.rows };
  return { ...base, status: "success", ...(settled.status === "success" && "inline" in settled.value && { value: settled.value.inline }) };
}

function inputOf(plan: Plan, expression: Expression, environment: Environment): Json {
  const { object } = environment;
  if ("record" in expression)
    return Object.fromEntries(Object.entries(expression.record).map(([name, part]) => [name, inputOf(plan, part, environment)]));
  if ("from" in expression && expression.path.length === 0) {
    if (expression.from === "object") return `${object.container}/${object.key}`;
    if (yieldsRows(plan, expression.from)) return `rows of ${expression.from}`;
  }
  return evaluate(expression, environment, () => null);
}
