import { BSON } from "mongodb";
import { terminal } from "../../../sdk/contracts/errors.ts";
import type { TaskContext } from "../../../sdk/execution/context.ts";
import { isRows, numbered, placeOf } from "../writing/rows.ts";
import { columnsId, type Origin, originOf, ownName, rowId, toDocument } from "./lake-document.ts";

export type LakeDocument = { readonly _id: string; readonly _object?: Origin; readonly [field: string]: unknown };

/** Documents of one call for one collection, ready to be written with those of others. */
export type DocumentChunk = {
  readonly database: string;
  readonly collection: string;
  readonly documents: readonly LakeDocument[];
  readonly bytes: number;
  /** Says of a document that cannot be serialised in which row it stands. */
  readonly refuseAt: (index: number, error: unknown) => Error;
};

const documentsARequest = 1_000;
const bytesARequest = 4 * 1024 * 1024;
/** MongoDB's limits of a document. */
const largestDocument = 16 * 1024 * 1024;
const deepestDocument = 100;

export type Target = { readonly database: string; readonly collection: string; readonly id?: readonly string[] | undefined };

export async function* chunksOfDocuments(
  input: unknown,
  { database, collection, id }: Target,
  context: TaskContext,
  seen: (id: string) => void,
): AsyncGenerator<DocumentChunk> {
  const origin = originOf(context.object);
  const own = ownName(context);
  const single = !isRows(input);
  let documents: LakeDocument[] = [];
  let bytes = 0;
  let firstRow = 1;

  function take(): DocumentChunk {
    const start = firstRow;
    const chunk = {
      database,
      collection,
      documents,
      bytes,
      refuseAt: (index: number, error: unknown) => unserialisable(start + index, error, context),
    };
    firstRow += documents.length;
    documents = [];
    bytes = 0;
    return chunk;
  }

  for await (const { row, number } of numbered(input, context)) {
    const documentId = id ? columnsId(id, row, number, context) : single ? own : rowId(own, number);
    const document = toDocument(documentId, row, origin);
    const size = sizeOf(document, number, context);
    if (documents.length > 0 && bytes + size > bytesARequest) yield take();
    documents.push(document);
    bytes += size;
    seen(documentId);
    if (documents.length === documentsARequest) yield take();
  }
  if (documents.length > 0) yield take();
}

export function weighDocuments({ documents, bytes }: DocumentChunk): number {
  return Math.max(documents.length / documentsARequest, bytes / bytesARequest);
}

/** The row whose document the driver could not serialise, if that is why a write failed. */
export function findUnserialisable({ documents, refuseAt }: DocumentChunk): Error | undefined {
  for (const [index, document] of documents.entries()) {
    try {
      BSON.serialize(document, { ignoreUndefined: true, checkKeys: false });
    } catch (error) {
      return refuseAt(index, error);
    }
  }
  return undefined;
}

function sizeOf(document: LakeDocument, number: number, context: TaskContext): number {
  if (isDeeperThan(deepestDocument, document)) {
    throw terminal(
      "DOCUMENT_TOO_DEEP",
      `${placeOf(number, context)} makes a document of more than ${deepestDocument} levels, one in another: MongoDB takes no more. Flatten it, or keep the deep part as text.`,
      { place: { row: number } },
    );
  }
  const size = measured(document, number, context);
  if (size <= largestDocument) return size;
  throw terminal(
    "DOCUMENT_TOO_LARGE",
    `${placeOf(number, context)} makes a document of ${size} bytes: MongoDB takes ${largestDocument} at most. Split it into rows, or keep the large part as an object of its own.`,
    { place: { row: number } },
  );
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const name in value) if (isDeeperThan(levels - 1, (value as { readonly [name: string]: unknown })[name])) return true;
  return false;
}

function measured(document: LakeDocument, number: number, context: TaskContext): number {
  try {
    return BSON.calculateObjectSize(document, { ignoreUndefined: true });
  } catch (error) {
    throw unserialisable(number, error, context);
  }
}

function unserialisable(number: number, error: unknown, context: TaskContext): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return terminal(
    "SINK_REFUSED_DATA",
    `${placeOf(number, context)} cannot be a document of MongoDB: ${reason}. Names must not hold NUL, and values must be plain data without cycles.`,
    {
      place: { row: number },
      cause: error,
    },
  );
}
