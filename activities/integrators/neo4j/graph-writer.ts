import { serialize } from "node:v8";
import type { Driver } from "neo4j-driver";
import { classifyNeo4jError, isSchemaConflict } from "../../../infra/classify-neo4j.ts";
import type { Receipt } from "../../../sdk/contracts/receipt.ts";
import type { Integrator, TaskContext } from "../../../sdk/execution/context.ts";
import { type BulkWriter, createBulkWriter } from "../writing/bulk-writer.ts";
import { createDistinct } from "../writing/distinct.ts";
import { heldForItem, isItem } from "../writing/items.ts";
import { clearingUp, pump } from "../writing/pump.ts";
import { numbered, type NumberedRow } from "../writing/rows.ts";
import { createSinkGuard, type SinkGuard } from "../writing/sink-guard.ts";
import { quoted } from "./cypher.ts";
import { type GraphLocator, graphLocatorOf, graphPlace } from "./graph-locator.ts";
import {
  type EndPart,
  type GraphParts,
  keyNames,
  nodeIdentity,
  type NodePart,
  relationIdentity,
  type RelationPart,
} from "./graph-parts.ts";
import { type GraphChunk, mergeGraph, nodeShape } from "./merge-graph.ts";
import { countGraph, undoGraph } from "./undo-graph.ts";

export type Neo4jDriver = Pick<Driver, "session">;

/** What the three integrators of Neo4j share: one writer, and the knowledge of which keys have an index. */
export type GraphWriter = {
  /** Writes what `read` makes of each row. */
  write(input: unknown, read: (row: NumberedRow) => GraphParts, context: TaskContext): Promise<Receipt>;
  readonly undo: Integrator["undo"];
};

const partsAChunk = 1_000;
const partsARequest = 5_000;

export function createGraphWriter(neo4j: Neo4jDriver, guard: SinkGuard = createSinkGuard({ sink: "neo4j", title: "Neo4j" })): GraphWriter {
  const indexed = new Map<string, Promise<void>>();
  const partsOf = ({ nodes, relations }: GraphChunk) => nodes.length + relations.length;
  const asking = <Answer>(doing: string, ask: () => Promise<Answer>) => guard.run(() => classified(doing, ask));
  const writer: BulkWriter<GraphChunk> = createBulkWriter({
    guard,
    weigh: (chunk) => partsOf(chunk) / partsARequest,
    rows: partsOf,
    // Two transactions of one process would mostly wait for each other's locks.
    inFlight: 1,
    async write(chunks) {
      await indexKeys(chunks);
      await classified("merge nodes and relations", async () => {
        await using session = neo4j.session();
        await session.executeWrite((transaction) => mergeGraph(transaction, chunks));
      });
    },
  });

  /** MERGE without an index scans the label. */
  async function indexKeys(chunks: readonly GraphChunk[]): Promise<void> {
    const ends = chunks.flatMap(({ nodes, relations }) => [...nodes, ...relations.flatMap(({ from, to }) => [from, to])]);
    for (const [shape, [end]] of Map.groupBy(ends, nodeShape)) {
      if (!end) continue;
      const ready = indexed.get(shape) ?? classified(`index the label ${end.label}`, () => indexKey(neo4j, end));
      indexed.set(shape, ready);
      ready.catch(() => indexed.delete(shape));
      await ready;
    }
  }

  function undo(locator: GraphLocator, signal: AbortSignal): Promise<number> {
    return asking(`undo object ${locator.object}`, async () => {
      await using session = neo4j.session();
      return await undoGraph(session, locator, signal);
    });
  }

  return {
    async write(input, read, context) {
      guard.enter();
      const tally = createTally(context.object.number);
      return clearingUp(
        async () => {
          await pump(
            heldForItem(
              chunksOfGraph(input, read, (parts) => tally.add(parts), context),
              context,
              (chunk) => serialize(chunk).length,
            ),
            (chunk) => writer.add(chunk),
            context.signal,
          );
          const locator = tally.locator();
          const count =
            tally.count() ??
            (await asking("count nodes and relations", async () => {
              await using session = neo4j.session();
              return countGraph(session, locator);
            }));
          return { sink: "neo4j", what: "nodes and relations", count, where: graphPlace(locator), locator };
        },
        () => (isItem(context) ? Promise.resolve(0) : undo(tally.locator(), context.signal)),
      );
    },
    undo: (receipt, context) => undo(graphLocatorOf(receipt), context.signal),
  };
}

/** A unique key where the data allow it, else an index. */
async function indexKey(neo4j: Neo4jDriver, { label, key }: EndPart): Promise<void> {
  await using session = neo4j.session();
  const names = keyNames(key)
    .map((name) => `n.${quoted(name)}`)
    .join(", ");
  try {
    await session.run(`CREATE CONSTRAINT IF NOT EXISTS FOR (n:${quoted(label)}) REQUIRE (${names}) IS UNIQUE`);
  } catch (error) {
    if (!isSchemaConflict(error)) throw error;
    await session.run(`CREATE INDEX IF NOT EXISTS FOR (n:${quoted(label)}) ON (${names})`).catch((failed: unknown) => {
      if (!isSchemaConflict(failed)) throw failed;
    });
  }
  await session.run("CALL db.awaitIndexes(60)");
}

async function* chunksOfGraph(
  input: unknown,
  read: (row: NumberedRow) => GraphParts,
  seen: (parts: GraphParts) => void,
  context: TaskContext,
): AsyncGenerator<GraphChunk> {
  let nodes: NodePart[] = [];
  let relations: RelationPart[] = [];
  const object = context.object.number;
  for await (const row of numbered(input, context)) {
    const parts = read(row);
    seen(parts);
    nodes.push(...parts.nodes);
    relations.push(...parts.relations);
    if (nodes.length + relations.length < partsAChunk) continue;
    yield { nodes, relations, object };
    nodes = [];
    relations = [];
  }
  if (nodes.length + relations.length > 0) yield { nodes, relations, object };
}

/** What one call wrote: which labels and types, and how many different nodes and relations. */
function createTally(object: number) {
  const labels = new Set<string>();
  const types = new Set<string>();
  const parts = createDistinct();
  const addNode = (node: EndPart) => {
    labels.add(node.label);
    parts.add(nodeIdentity(node));
  };
  return {
    add({ nodes, relations }: GraphParts): void {
      for (const node of nodes) addNode(node);
      for (const relation of relations) {
        addNode(relation.from);
        addNode(relation.to);
        types.add(relation.type);
        parts.add(relationIdentity(relation));
      }
    },
    count: () => (parts.exact ? parts.count : undefined),
    locator: (): GraphLocator => ({ object, labels: [...labels].sort(), types: [...types].sort() }),
  };
}

async function classified<Result>(doing: string, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw classifyNeo4jError(error, doing);
  }
}
