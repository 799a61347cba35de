import type { Collection } from "mongodb";
import type { Receipt } from "../../../sdk/contracts/receipt.ts";
import type { LakeDocument } from "./document-chunks.ts";
import { nameOfAllItems, rowId } from "./lake-document.ts";

export type DocumentsLocator = {
  readonly database: string;
  readonly collection: string;
  readonly object: number;
  readonly id: string;
  readonly version: string;
  /** The name of a single value of the task that wrote them; what its rows are named begins with it. */
  readonly own: string;
  /**
   * How the documents are named: `row` and `value` by object and task, `items` by these and an item of a map, `columns`
   * by what the rows say.
   */
  readonly by: "row" | "value" | "items" | "columns";
  readonly rows: number;
};

/** Up to this many documents are looked for by `_id`, which is all that the local stand-in does without a scan. */
const soughtById = 1_000;

/**
 * Deletes what this object, in this version, has in the collection: a document that a later version or another object
 * has written since is theirs. Says how many.
 */
export async function undoDocuments(collection: Collection<LakeDocument>, locator: DocumentsLocator): Promise<number> {
  if (locator.rows === 0) return 0;
  if (locator.by === "columns" || locator.by === "items" || locator.rows > soughtById)
    return (await collection.deleteMany(ownedBy(locator))).deletedCount;
  const { object, version } = locator;
  const found = await collection.find({ _id: { $in: idsOf(locator) } }, { projection: { _object: 1 } }).toArray();
  const own = found.filter(({ _object }) => _object?.number === object && _object?.version === version).map(({ _id }) => _id);
  return own.length === 0 ? 0 : (await collection.deleteMany({ _id: { $in: own } })).deletedCount;
}

export function ownedBy({ id, object, version, by, own }: DocumentsLocator) {
  const origin = { "_object.id": id, "_object.number": object, "_object.version": version };
  // `0` comes right after `/`, and `\\` after `[`.
  if (by === "row") return { ...origin, _id: { $gt: `${own}/`, $lt: `${own}0` } };
  return by === "items" ? { ...origin, _id: { $gt: `${own}[`, $lt: `${own}\\` } } : origin;
}

/** Of what one item of a map wrote: by which all of them are found. */
export function ofAllItems(locator: DocumentsLocator): DocumentsLocator {
  const { by, own } = locator;
  return { ...locator, by: by === "columns" ? by : "items", own: nameOfAllItems(own) };
}

function idsOf({ by, own, rows }: DocumentsLocator): string[] {
  return by === "value" ? [own] : Array.from({ length: rows }, (_, index) => rowId(own, index + 1));
}

export function documentsLocatorOf({ locator }: Receipt): DocumentsLocator {
  const { database, collection, object, id, version, own, by, rows } = locator;
  return {
    database: String(database),
    collection: String(collection),
    object: Number(object),
    id: String(id),
    version: String(version),
    own: String(own),
    by: by === "columns" || by === "value" || by === "items" ? by : "row",
    rows: Number(rows),
  };
}
