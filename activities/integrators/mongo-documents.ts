import type { MongoClient } from "mongodb";
import { z } from "zod";
import { classifyMongoError } from "../../infra/classify-mongo.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import type { Integrator } from "../../sdk/execution/context.ts";
import { isSluiceError } from "../../sdk/contracts/errors.ts";
import { chunksOfDocuments, type DocumentChunk, findUnserialisable, type LakeDocument, weighDocuments } from "./mongo/document-chunks.ts";
import { type DocumentsLocator, documentsLocatorOf, ownedBy, undoDocuments } from "./mongo/undo-documents.ts";
import { createBulkWriter } from "./writing/bulk-writer.ts";
import { createDistinct } from "./writing/distinct.ts";
import { readOptions } from "./writing/options.ts";
import { heldForItem, isItem } from "./writing/items.ts";
import { clearingUp, pump } from "./writing/pump.ts";
import { isRows } from "./writing/rows.ts";
import { createSinkGuard, type SinkGuard } from "./writing/sink-guard.ts";
import { ownName } from "./mongo/lake-document.ts";

const name = "mongo-documents";
const defaultDatabase = "processed";
/** In a locator: which one it was is not known. */
const anyCollection = "";

const documentOptions = z.strictObject({
  collection: z.string().min(1),
  database: z.string().min(1).default(defaultDatabase),
  id: z.array(z.string().min(1)).min(1).optional(),
});

/** Rows, or one value, as documents that say in `_object` what they were made of. */
export function createMongoDocuments(
  mongo: Pick<MongoClient, "db">,
  guard: SinkGuard = createSinkGuard({ sink: "mongodb", title: "MongoDB" }),
): Integrator {
  const writer = createBulkWriter<DocumentChunk>({
    guard,
    write: writePlaced,
    weigh: weighDocuments,
    rows: ({ documents }) => documents.length,
  });
  const asking = <Answer>(doing: string, ask: () => Promise<Answer>) => guard.run(() => classified(doing, ask));
  const indexed = new Map<string, Promise<unknown>>();

  /** Row by row the error has a place; the driver's names none. */
  async function writePlaced(chunks: readonly DocumentChunk[]): Promise<void> {
    try {
      await write(chunks);
    } catch (error) {
      const [chunk] = chunks;
      const terminal = isSluiceError(error) && error.kind === "terminal";
      throw (terminal && chunk && chunks.length === 1 && findUnserialisable(chunk)) || error;
    }
  }

  const collectionOf = (database: string, collection: string) => mongo.db(database).collection<LakeDocument>(collection);

  async function write(chunks: readonly DocumentChunk[]): Promise<void> {
    const targets = Map.groupBy(chunks, ({ database, collection }) => `${database}.${collection}`);
    for (const [target, [first, ...others]] of targets) {
      if (!first) continue;
      const documents = [first, ...others].flatMap((chunk) => chunk.documents);
      await classified(`write to ${target}`, () =>
        collectionOf(first.database, first.collection).bulkWrite(
          documents.map((document) => ({ replaceOne: { filter: { _id: document._id }, replacement: document, upsert: true } })),
          { ordered: false },
        ),
      );
    }
  }

  /** An undo of many documents goes by their object; the local stand-in takes the index and scans. */
  function indexObjects({ database, collection }: DocumentsLocator): Promise<unknown> {
    const target = `${database}.${collection}`;
    const ready =
      indexed.get(target) ?? asking(`index ${target}`, () => collectionOf(database, collection).createIndex({ "_object.id": 1 }));
    indexed.set(target, ready);
    ready.catch(() => indexed.delete(target));
    return ready;
  }

  async function undo(locator: DocumentsLocator): Promise<number> {
    const { database } = locator;
    const collections = locator.collection === anyCollection ? await collectionsOf(database) : [locator.collection];
    const undone = collections.map((collection) =>
      asking(`delete from ${database}.${collection}`, () => undoDocuments(collectionOf(database, collection), locator)),
    );
    return (await Promise.all(undone)).reduce((sum, count) => sum + count, 0);
  }

  async function collectionsOf(database: string): Promise<readonly string[]> {
    const found = await asking(`list ${database}`, () => mongo.db(database).listCollections({}, { nameOnly: true }).toArray());
    return found.map(({ name: collection }) => collection);
  }

  return {
    name,
    async write(input, options, context) {
      guard.enter();
      const target = readOptions(documentOptions, options, name);
      const ids = createDistinct();
      let rows = 0;
      const { id, number, version } = context.object;
      const by = target.id ? "columns" : isRows(input) ? "row" : "value";
      const locate = (): DocumentsLocator => ({
        database: target.database,
        collection: target.collection,
        object: number,
        id,
        version,
        own: ownName(context),
        by,
        rows,
      });
      await indexObjects(locate());
      const seen = (documentId: string) => {
        rows += 1;
        if (by === "columns") ids.add(documentId);
      };
      return clearingUp(
        async () => {
          const chunks = heldForItem(chunksOfDocuments(input, target, context, seen), context, ({ bytes }) => bytes);
          await pump(chunks, (chunk) => writer.add(chunk), context.signal);
          if (by !== "columns") return receiptOf(locate(), rows);
          return receiptOf(locate(), ids.exact ? ids.count : await countOwn(locate()));
        },
        // Columns do not say which item of a map named a document.
        () => (by === "columns" && isItem(context) ? Promise.resolve(0) : undo(locate())),
      );
    },
    undo: (receipt) => undo(documentsLocatorOf(receipt)),
    suspect({ database, collection }, { id, number, version }) {
      const given = typeof collection === "string" ? collection : anyCollection;
      const locator: DocumentsLocator = {
        database: typeof database === "string" ? database : defaultDatabase,
        collection: given,
        object: number,
        id,
        version,
        own: "",
        by: "columns",
        rows: Number.MAX_SAFE_INTEGER,
      };
      const where = `${locator.database}/${given || "any collection"}`;
      return { sink: "mongodb", what: "documents", count: 0, where, locator, suspected: true };
    },
  };

  function countOwn(locator: DocumentsLocator): Promise<number> {
    const { database, collection } = locator;
    return asking(`count in ${database}.${collection}`, () => collectionOf(database, collection).countDocuments(ownedBy(locator)));
  }
}

async function classified<Result>(doing: string, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw classifyMongoError(error, doing);
  }
}

function receiptOf(locator: DocumentsLocator, count: number): Receipt {
  return { sink: "mongodb", what: "documents", count, where: `${locator.database}/${locator.collection}`, locator };
}
