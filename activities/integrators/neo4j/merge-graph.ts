import { int, type Integer, type ManagedTransaction } from "neo4j-driver";
import { holdBy, keyPattern, quoted } from "./cypher.ts";
import { type EndPart, type GraphParts, keyNames, nodeIdentity, type NodePart, type Properties, type RelationPart } from "./graph-parts.ts";

/** Parts of one call, which may be written together with those of others. */
export type GraphChunk = GraphParts & { readonly object: number };

type Owned<Part> = Part & { readonly object: Integer };

/** Merges everything: nodes first, then relations with the nodes at their ends, one statement for each shape. */
export async function mergeGraph(transaction: Pick<ManagedTransaction, "run">, chunks: readonly GraphChunk[]): Promise<void> {
  const nodes = chunks.flatMap((chunk) => owned(chunk.nodes, chunk.object));
  for (const rows of Map.groupBy(nodes, nodeShape).values()) {
    const [first] = rows;
    if (first) await transaction.run(nodeStatement(first), { rows: inOrder(rows.map(nodeRow)) });
  }
  const relations = chunks.flatMap((chunk) => owned(chunk.relations, chunk.object));
  for (const rows of Map.groupBy(relations, relationShape).values()) {
    const [first] = rows;
    if (first) await transaction.run(relationStatement(first), { rows: inOrder(rows.map(relationRow)) });
  }
}

/** Label and names of the key, as one text: what a statement is made for. */
export function nodeShape({ label, key }: EndPart): string {
  return JSON.stringify([label, keyNames(key)]);
}

function relationShape({ type, from, to }: RelationPart): string {
  return JSON.stringify([type, nodeShape(from), nodeShape(to)]);
}

function nodeStatement({ label, key }: EndPart): string {
  return `UNWIND $rows AS row
MERGE (n:${quoted(label)} ${keyPattern(keyNames(key), "row.key")})
${holdBy("n", "row.object")}
SET n += row.properties`;
}

function relationStatement({ type, from, to }: RelationPart): string {
  return `UNWIND $rows AS row
MERGE (a:${quoted(from.label)} ${keyPattern(keyNames(from.key), "row.from")})
${holdBy("a", "row.object")}
MERGE (b:${quoted(to.label)} ${keyPattern(keyNames(to.key), "row.to")})
${holdBy("b", "row.object")}
MERGE (a)-[r:${quoted(type)}]->(b)
${holdBy("r", "row.object")}
SET r += row.properties`;
}

type Ordered = { readonly order: string; readonly row: { readonly [name: string]: unknown } };

function nodeRow(node: Owned<NodePart>): Ordered {
  return { order: nodeIdentity(node), row: { object: node.object, key: node.key, properties: without(node.properties, node.key) } };
}

function relationRow({ from, to, properties, object }: Owned<RelationPart>): Ordered {
  return {
    order: `${nodeIdentity(from)}${nodeIdentity(to)}`,
    row: { object, from: from.key, to: to.key, properties: without(properties, {}) },
  };
}

/** Two transactions that lock in the same order do not wait for each other in a circle. */
function inOrder(rows: readonly Ordered[]): readonly unknown[] {
  return rows.toSorted((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0)).map(({ row }) => row);
}

/** The key says who a node is and the holders are the lake's: properties change neither. */
function without(properties: Properties, key: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !Object.hasOwn(key, name) && name !== "sluice_objects"));
}

function owned<Part extends object>(parts: readonly Part[], object: number): readonly Owned<Part>[] {
  const number = int(object);
  return parts.map((part) => ({ ...part, object: number }));
}
