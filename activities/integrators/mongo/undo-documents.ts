import type { Collection } from "mongodb";
import type { Receipt } from "../../../sdk/contracts/receipt.ts";
import type { LakeDocument } from "./document-chunks.ts";

export type DocumentsLocator = {
  readonly database: string;
  readonly collection: string;
  readonly object: number;
  readonly id: string;
  readonly version: string;
  /** How the documents are named: `row` by object and row, `value` by object, `columns` by what the rows say. */
  readonly by: "row" | "value" | "columns";
  readonly rows: number;
};

/** Up to this many documents are looked for by `_id`, which is all that the local stand-in does without a scan. */
const soughtById = 1_000;

/**
 * Deletes what this object, in this version, has in the collection: a document that a later version or another object
 * has written since is theirs.
 */
export async function undoDocuments(collection: Collection<LakeDocument>, locator: DocumentsLocator): Promise<void> {
  if (locator.rows === 0) return;
  if (locator.by === "columns" || locator.rows > soughtById) {
    await collection.deleteMany(ownedBy(locator));
    return;
  }
  const { object, version } = locator;
  const found = await collection.find({ _id: { $in: idsOf(locator) } }, { projection: { _object: 1 } }).toArray();
  const own = found.filter(({ _object }) => _object?.number === object && _object?.version === version).map(({ _id }) => _id);
  if (own.length > 0) await collection.deleteMany({ _id: { $in: own } });
}

export function ownedBy({ id, object, version }: DocumentsLocator) {
  return { "_object.id": id, "_object.number": object, "_object.version": version };
}

function idsOf({ by, id, rows }: DocumentsLocator): string[] {
  return by === "value" ? [id] : Array.from({ length: rows }, (_, index) => `${id}/${index + 1}`);
}

export function documentsLocatorOf({ locator }: Receipt): DocumentsLocator {
  const { database, collection, object, id, version, by, rows } = locator;
  return {
    database: String(database),
    collection: String(collection),
    object: Number(object),
    id: String(id),
    version: String(version),
    by: by === "columns" || by === "value" ? by : "row",
    rows: Number(rows),
  };
}
