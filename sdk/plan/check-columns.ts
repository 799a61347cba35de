import type { JsonObject } from "../contracts/json.ts";
import type { Add } from "./check.ts";
import { type Graph, nodeOf } from "./graph.ts";
import type { Expression, Plan, TaskNode } from "./plan.ts";

type Draft = Graph & Pick<Plan, "tasks">;

/** The columns that points are made of are in the rows, as far as the schema of their producer closes the matter. */
export function checkColumns(plan: Draft, node: TaskNode, add: Add): void {
  if (plan.tasks[node.task]?.integrator !== "influx-points") return;
  const named = columnsOf(constantsIn(node.options));
  for (const { producer, columns } of producersOf(plan, node.input)) {
    for (const [role, column] of named) {
      if (columns.includes(column)) continue;
      const message = `"${node.id}" takes "${column}" as ${role}, which is no column of the rows of "${producer}". They have: ${columns.join(", ")}. Correct the name, or add the column.`;
      add(node.id, "UNKNOWN_COLUMN", message);
    }
  }
}

function columnsOf({
  measurement,
  time,
  tags,
  fields,
}: {
  readonly [name: string]: unknown;
}): readonly (readonly [role: string, column: string])[] {
  if (measurement === undefined) return [];
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  const named = [
    ["measurement", isRecord(measurement) ? measurement["column"] : undefined],
    ["time", time ?? "time"],
    ...list(tags).map((tag) => ["a tag", tag]),
    ...list(fields).map((field) => ["a field", field]),
  ];
  return named.filter((entry): entry is [string, string] => typeof entry[1] === "string");
}

function constantsIn(options: Expression | undefined): { readonly [name: string]: unknown } {
  if (options && "const" in options) return isRecord(options.const) ? options.const : {};
  if (!options || !("record" in options)) return {};
  // Null where an edge stands: given, but not known yet.
  return Object.fromEntries(Object.entries(options.record).map(([name, part]) => [name, "const" in part ? part.const : null]));
}

type Producer = { readonly producer: string; readonly columns: readonly string[] };

/** The tasks whose rows an expression stands for, through matches, where their schema lists all columns. */
function producersOf(plan: Draft, input: Expression): readonly Producer[] {
  const node = "from" in input && input.path.length === 0 ? nodeOf(plan, input.from) : undefined;
  if (node?.kind === "match") return node.cases.flatMap(({ result }) => producersOf(plan, result));
  const out = node?.kind === "task" ? plan.tasks[node.task]?.out : undefined;
  if (!node || out?.kind !== "rows") return [];
  const { properties, additionalProperties = false } = out.schema;
  return isRecord(properties) && additionalProperties === false ? [{ producer: node.id, columns: Object.keys(properties) }] : [];
}

function isRecord(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
