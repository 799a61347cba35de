import { int, type Session } from "neo4j-driver";
import { type GraphLocator, named } from "./graph-locator.ts";

/** Bounds one transaction's memory in Neo4j. */
const partsATransaction = 5_000;

/**
 * The object lets go of what it holds; what no object holds any more is deleted. A node that others have tied
 * relations of their own to stays, held by nobody. Says how many were deleted.
 */
export async function undoGraph(session: Session, { object, labels, types }: GraphLocator, signal: AbortSignal): Promise<number> {
  let deleted = 0;
  for (const type of types) deleted += await repeat(session, object, signal, letGo(`()-[held${named(type)}]->()`, "TRUE"));
  for (const label of labels) deleted += await repeat(session, object, signal, letGo(`(held${named(label)})`, "NOT (held)--()"));
  return deleted;
}

export async function countGraph(session: Session, { object, labels, types }: GraphLocator): Promise<number> {
  const patterns = [...types.map((type) => `()-[held${named(type)}]->()`), ...labels.map((label) => `(held${named(label)})`)];
  let count = 0;
  for (const pattern of patterns) {
    const { records } = await session.executeRead((transaction) =>
      transaction.run(`MATCH ${pattern} WHERE $object IN held.sluice_objects RETURN count(held) AS parts`, { object: int(object) }),
    );
    count += Number(records[0]?.get("parts") ?? 0);
  }
  return count;
}

function letGo(pattern: string, deletable: string): string {
  return `MATCH ${pattern} WHERE $object IN held.sluice_objects
WITH held LIMIT ${partsATransaction}
SET held.sluice_objects = [number IN held.sluice_objects WHERE number <> $object]
WITH held, size(held.sluice_objects) = 0 AND ${deletable} AS gone
FOREACH (part IN CASE WHEN gone THEN [held] ELSE [] END | DELETE part)
RETURN count(gone) AS parts, sum(CASE WHEN gone THEN 1 ELSE 0 END) AS deleted`;
}

async function repeat(session: Session, object: number, signal: AbortSignal, statement: string): Promise<number> {
  for (let deleted = 0; ;) {
    signal.throwIfAborted();
    const { records } = await session.executeWrite((transaction) => transaction.run(statement, { object: int(object) }));
    deleted += Number(records[0]?.get("deleted") ?? 0);
    if (Number(records[0]?.get("parts") ?? 0) < partsATransaction) return deleted;
  }
}
