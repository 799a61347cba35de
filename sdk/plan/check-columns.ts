import type { Json, JsonObject } from "../contracts/json.ts";
import type { Add } from "./check.ts";
import { type Graph, nodeOf } from "./graph.ts";
import type { Expression, Plan, TaskNode } from "./plan.ts";

type Draft = Graph & Pick<Plan, "tasks">;

/** The columns that an integrator's options name are in what it is given, as far as its producer's schema closes the matter. */
export function checkColumns(plan: Draft, node: TaskNode, add: Add): void {
  const rolesOf = roles[plan.tasks[node.task]?.integrator ?? ""];
  const options = node.options && constantOf(node.options);
  if (!rolesOf || !isRecord(options)) return;
  const named = rolesOf(options).filter((one): one is Named<string> => typeof one[1] === "string");
  for (const { what, columns } of producersOf(plan, node.input)) {
    for (const [role, column] of named) {
      if (columns.includes(column)) continue;
      const message = `"${node.id}" takes "${column}" as ${role}, which is no column of ${what}. Found there: ${columns.join(", ")}. Correct the name, or add the column.`;
      add(node.id, "UNKNOWN_COLUMN", message);
    }
  }
}

type Named<Column = Json | undefined> = readonly [role: string, column: Column];
type Roles = (options: JsonObject) => readonly Named[];

/** The columns that options name and what for, by integrator. */
const roles: { readonly [integrator: string]: Roles | undefined } = {
  "influx-points": ({ measurement, time, tags, fields }) =>
    measurement === undefined
      ? []
      : [
          ["measurement", isRecord(measurement) ? measurement["column"] : undefined],
          ["time", time ?? "time"],
          ...each("a tag", tags),
          ...each("a field", fields),
        ],
  "mongo-documents": ({ id }) => each("part of the _id", id),
  "neo4j-nodes": ({ key, properties }) => [...each("part of the key", key), ...each("a property", properties)],
  "neo4j-relations": ({ from, to, properties }) => [
    ...each("part of the key of `from`", keyOf(from)),
    ...each("part of the key of `to`", keyOf(to)),
    ...each("a property", properties),
  ],
};

function each(role: string, columns: Json | undefined): readonly Named[] {
  return Array.isArray(columns) ? columns.map((column) => [role, column]) : [];
}

function keyOf(end: Json | undefined): Json[] {
  const key = isRecord(end) ? end["key"] : undefined;
  return isRecord(key) ? Object.values(key) : [];
}

/** Null where an edge stands: given, but not known yet. */
function constantOf(expression: Expression): Json {
  if ("const" in expression) return expression.const;
  if ("record" in expression) return Object.fromEntries(Object.entries(expression.record).map(([name, part]) => [name, constantOf(part)]));
  return "list" in expression ? expression.list.map(constantOf) : null;
}

type Producer = { readonly what: string; readonly columns: readonly string[] };

/** What an expression stands for, through matches, where its schema lists all columns. */
function producersOf(plan: Draft, input: Expression): readonly Producer[] {
  const node = "from" in input && input.path.length === 0 ? nodeOf(plan, input.from) : undefined;
  if (node?.kind === "match") return node.cases.flatMap(({ result }) => producersOf(plan, result));
  const out = node?.kind === "task" ? plan.tasks[node.task]?.out : undefined;
  if (!node || (out?.kind !== "rows" && out?.kind !== "value")) return [];
  const { properties, additionalProperties = false } = out.schema;
  if (!isRecord(properties) || additionalProperties !== false) return [];
  return [{ what: `the ${out.kind} of "${node.id}"`, columns: Object.keys(properties) }];
}

function isRecord(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
