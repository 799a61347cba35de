import { z } from "zod";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { Integrator } from "../../sdk/execution/context.ts";
import type { EndPart, GraphParts } from "./neo4j/graph-parts.ts";
import { suspectGraph } from "./neo4j/graph-locator.ts";
import type { GraphWriter } from "./neo4j/graph-writer.ts";
import { type At, refuseName, toKey, toProperties } from "./neo4j/to-property.ts";
import { readOptions } from "./writing/options.ts";
import { placeOf, type Row } from "./writing/rows.ts";

const name = "neo4j-graph";

const record = z.record(z.string(), z.unknown());
const end = z.object({ label: z.string(), key: record });
const graph = z.object({
  nodes: z.array(end.extend({ properties: record.optional() })).default([]),
  relations: z.array(z.object({ type: z.string(), from: end, to: end, properties: record.optional() })).default([]),
});

/** A graph, or rows of graphs: `{ nodes: [{ label, key, properties }], relations: [{ type, from, to, properties }] }`. */
export function createNeo4jGraph(writer: GraphWriter): Integrator {
  return {
    name,
    write(input, options, context) {
      readOptions(z.strictObject({}), options, name);
      return writer.write(input, ({ row, number }) => readGraph(row, { number, context }), context);
    },
    undo: writer.undo,
    suspect: (_options, object) => suspectGraph(object),
  };
}

function readGraph(row: Row, at: At): GraphParts {
  const parsed = graph.safeParse(row);
  if (!parsed.success) throw notAGraph(parsed.error.issues, at);
  return {
    nodes: parsed.data.nodes.map(({ label, key, properties = {} }) => ({
      ...readEnd({ label, key }, at),
      properties: toProperties(properties, at),
    })),
    relations: parsed.data.relations.map(({ type, from, to, properties = {} }) => {
      refuseName(type, "relation type", at);
      return { type, from: readEnd(from, at), to: readEnd(to, at), properties: toProperties(properties, at) };
    }),
  };
}

function readEnd({ label, key }: z.output<typeof end>, at: At): EndPart {
  refuseName(label, "label", at);
  return { label, key: toKey(key, label, at) };
}

function notAGraph(issues: readonly z.core.$ZodIssue[], { number, context }: At): Error {
  const pointer = issues[0]?.path.map((step) => `/${String(step)}`).join("") ?? "";
  const problems = issues.slice(0, 5).map((issue) => `${issue.path.join(".") || "the row"}: ${issue.message}`);
  return terminal(
    "NOT_A_GRAPH",
    `${placeOf(number, context)} is no graph: ${problems.join("; ")}. Expected {nodes: [{label, key, properties}], relations: [{type, from: {label, key}, to: {label, key}, properties}]}.`,
    {
      place: { row: number, pointer },
    },
  );
}
