import type { Document, Filter } from "mongodb";
import type { Receipt } from "../../../sdk/contracts/receipt.ts";

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

type Deletes = { deleteMany(filter: Filter<Document & { _id: string }>): Promise<unknown> };

const idsARequest = 1_000;

/**
 * Deletes what this object, in this version, has in the collection: a document that a later version or another object
 * has written since is theirs. By `_id` where these are known, since the local stand-in scans for everything else.
 */
export async function undoDocuments(collection: Deletes, locator: DocumentsLocator, signal: AbortSignal): Promise<void> {
  const own = { "_object.id": locator.id, "_object.number": locator.object, "_object.version": locator.version };
  if (locator.by === "columns") {
    await collection.deleteMany(own);
    return;
  }
  for (const ids of pagesOfIds(locator)) {
    signal.throwIfAborted();
    await collection.deleteMany({ ...own, _id: { $in: ids } });
  }
}

function* pagesOfIds({ by, id, rows }: DocumentsLocator): Generator<string[]> {
  if (by === "value") {
    yield [id];
    return;
  }
  for (let start = 1; start <= rows; start += idsARequest) {
    yield Array.from({ length: Math.min(idsARequest, rows - start + 1) }, (_, index) => `${id}/${start + index}`);
  }
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
