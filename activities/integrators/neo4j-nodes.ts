import { z } from "zod";
import type { Integrator } from "../../sdk/execution/context.ts";
import { suspectGraph } from "./neo4j/graph-locator.ts";
import type { GraphWriter } from "./neo4j/graph-writer.ts";
import { pick, rest } from "./neo4j/columns.ts";
import { refuseName, toKey, toProperties } from "./neo4j/to-property.ts";
import { readOptions } from "./writing/options.ts";

const name = "neo4j-nodes";
const columns = z.array(z.string().min(1));
const nodesOptions = z.strictObject({ label: z.string().min(1), key: columns.min(1), properties: columns.optional() });

/** One node for each row, merged by its key columns. */
export function createNeo4jNodes(writer: GraphWriter): Integrator {
  return {
    name,
    write(input, options, context) {
      const { label, key, properties } = readOptions(nodesOptions, options, name);
      refuseName(label, "label", { number: 1, context });
      return writer.write(
        input,
        ({ row, number }) => {
          const at = { number, context };
          const node = {
            label,
            key: toKey(pick(row, key, at), label, at),
            properties: toProperties(properties ? pick(row, properties, at) : rest(row, key), at),
          };
          return { nodes: [node], relations: [] };
        },
        context,
      );
    },
    undo: writer.undo,
    suspect: (_options, object) => suspectGraph(object),
  };
}
