import { BSON, type Document } from "mongodb";
import { terminal } from "../../../sdk/contracts/errors.ts";
import type { TaskContext } from "../../../sdk/execution/context.ts";
import { isRows, numbered, placeOf } from "../writing/rows.ts";
import { columnsId, originOf, rowId, toDocument } from "./lake-document.ts";

export type LakeDocument = Document & { readonly _id: string };

/** Documents of one call for one collection, ready to be written with those of others. */
export type DocumentChunk = {
  readonly database: string;
  readonly collection: string;
  readonly documents: readonly LakeDocument[];
  readonly bytes: number;
};

const documentsARequest = 1_000;
const bytesARequest = 4 * 1024 * 1024;
/** MongoDB's limit of a document. */
const largestDocument = 16 * 1024 * 1024;

export type Target = { readonly database: string; readonly collection: string; readonly id?: readonly string[] | undefined };

export async function* chunksOfDocuments(
  input: unknown,
  { database, collection, id }: Target,
  context: TaskContext,
  seen: (id: string) => void,
): AsyncGenerator<DocumentChunk> {
  const origin = originOf(context.object);
  const single = !isRows(input);
  let documents: LakeDocument[] = [];
  let bytes = 0;
  for await (const { row, number } of numbered(input, context)) {
    const documentId = id ? columnsId(id, row, number, context) : rowId(context.object, number, single);
    const document = toDocument(documentId, row, origin);
    const size = sizeOf(document, number, context);
    if (documents.length > 0 && bytes + size > bytesARequest) {
      yield { database, collection, documents, bytes };
      documents = [];
      bytes = 0;
    }
    documents.push(document);
    bytes += size;
    seen(documentId);
    if (documents.length < documentsARequest) continue;
    yield { database, collection, documents, bytes };
    documents = [];
    bytes = 0;
  }
  if (documents.length > 0) yield { database, collection, documents, bytes };
}

export function weighDocuments({ documents, bytes }: DocumentChunk): number {
  return Math.max(documents.length / documentsARequest, bytes / bytesARequest);
}

function sizeOf(document: LakeDocument, number: number, context: TaskContext): number {
  const size = measured(document, number, context);
  if (size <= largestDocument) return size;
  throw terminal(
    "DOCUMENT_TOO_LARGE",
    `${placeOf(number, context)} makes a document of ${size} bytes: MongoDB takes ${largestDocument} at most. Split it into rows, or keep the large part as an object of its own.`,
    { place: { row: number } },
  );
}

/** Measuring walks the document as serialising does, and so finds what cannot be serialised while its row is known. */
function measured(document: LakeDocument, number: number, context: TaskContext): number {
  try {
    return BSON.calculateObjectSize(document, { ignoreUndefined: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw terminal("SINK_REFUSED_DATA", `${placeOf(number, context)} cannot be a document of MongoDB: ${reason}. Names must not hold NUL, and values must be plain data without cycles.`, {
      place: { row: number },
      cause: error,
    });
  }
}
