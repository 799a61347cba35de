import { z } from "zod";
import type { Integrator } from "../../sdk/execution/context.ts";
import { pick, pickAs, rest } from "./neo4j/columns.ts";
import { suspectGraph } from "./neo4j/graph-locator.ts";
import type { GraphWriter } from "./neo4j/graph-writer.ts";
import { type At, refuseName, toKey, toProperties } from "./neo4j/to-property.ts";
import { readOptions } from "./writing/options.ts";
import type { Row } from "./writing/rows.ts";

const name = "neo4j-relations";
const end = z.strictObject({ label: z.string().min(1), key: z.record(z.string().min(1), z.string().min(1)) });
const relationsOptions = z.strictObject({
  type: z.string().min(1),
  from: end,
  to: end,
  properties: z.array(z.string().min(1)).optional(),
});

/** One relation for each row, and the nodes at its ends where they are missing. */
export function createNeo4jRelations(writer: GraphWriter): Integrator {
  return {
    name,
    write(input, options, context) {
      const { type, from, to, properties } = readOptions(relationsOptions, options, name);
      const keyColumns = [...Object.values(from.key), ...Object.values(to.key)];
      for (const [given, what] of [
        [type, "relation type"],
        [from.label, "label"],
        [to.label, "label"],
      ] as const) {
        refuseName(given, what, { number: 1, context });
      }
      return writer.write(
        input,
        ({ row, number }) => {
          const at = { number, context };
          const relation = {
            type,
            from: endOf(from, row, at),
            to: endOf(to, row, at),
            properties: toProperties(properties ? pick(row, properties, at) : rest(row, keyColumns), at),
          };
          return { nodes: [], relations: [relation] };
        },
        context,
      );
    },
    undo: writer.undo,
    suspect: (_options, object) => suspectGraph(object),
  };
}

function endOf({ label, key }: z.output<typeof end>, row: Row, at: At) {
  return { label, key: toKey(pickAs(row, key, at), label, at) };
}
