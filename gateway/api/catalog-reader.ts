import type { Filter } from "mongodb";
import type { Catalog } from "../../infra/catalog.ts";
import type { CatalogDocument, DagDocument, TraceDocument } from "../../sdk/contracts/catalog.ts";
import type { ApiCatalog, ObjectQuery, Page } from "./deps.ts";

/** Lists may have to scan (see the notes on the local stand-in): they answer with what they have by then. */
const patience = 8_000;
const mostTraces = 200;
const mostAttempts = 1_000;

/** The API's reads over the catalog's collections: by `_id` wherever that is possible. */
export function createCatalogReader(catalog: Omit<Catalog, typeof Symbol.asyncDispose>): ApiCatalog {
  return {
    announce: catalog.announce,
    async withdraw(container, key) {
      await catalog.documents(container).deleteOne({ _id: key, state: "announced", version: "" });
    },
    document: async (container, key) => (await catalog.documents(container).findOne({ _id: key })) ?? undefined,
    documents: (container, keys) =>
      catalog
        .documents(container)
        .find({ _id: { $in: [...keys] } })
        .toArray(),
    list: (query) => inTime(catalog.documents(query.container).find(filterOf(query)).sort({ _id: 1 }).limit(query.limit)),
    count: (container) => catalog.documents(container).estimatedDocumentCount(),

    async traces(document) {
      const { swift_container: container, key } = document;
      // What the document names is found by `_id`, so that this much is there even where the search takes too long.
      const ids = runsOf(document).map((run) => `${run}/${container}/${key}`);
      const [named, found] = await Promise.all([
        catalog.traces.find({ _id: { $in: ids } }).toArray(),
        inTime(catalog.traces.find({ container, key }).sort({ announced: -1 }).limit(mostTraces)),
      ]);
      const all = new Map<string, TraceDocument>([...named, ...found.documents].map((trace) => [trace._id, trace]));
      return { documents: [...all.values()].sort(byStart), complete: found.complete };
    },

    attempts: ({ swift_container: container, key }, runs) =>
      inTime(
        catalog.attempts
          .find({ container, key, run_id: { $in: [...runs] } })
          .sort({ at: 1 })
          .limit(mostAttempts),
      ),

    dags: () => catalog.dags.find().project<Omit<DagDocument, "plan">>({ plan: 0 }).sort({ _id: 1 }).toArray(),
    dag: async (name) => (await catalog.dags.findOne({ _id: name })) ?? undefined,
    brokenFiles: async () => (await catalog.publishers.find().sort({ _id: 1 }).toArray()).flatMap(({ broken }) => broken),
    quarantine: ({ container, after, limit }) =>
      catalog.quarantine
        .find({ ...(container && { container }), ...(after && { _id: { $gt: after } }) })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray(),
    quarantineCount: () => catalog.quarantine.estimatedDocumentCount(),
  };
}

function filterOf({ prefix, state, type, after }: ObjectQuery): Filter<CatalogDocument> {
  const conditions: Filter<CatalogDocument>[] = [
    // Apart, because the stand-in heeds one operator only beside `$regex`.
    ...(prefix ? [{ _id: { $regex: `^${escaped(prefix)}` } }] : []),
    ...(after ? [{ _id: { $gt: after } }] : []),
    ...(state ? [{ state }] : []),
    ...(type ? [{ content_type: { $regex: `^${type.split("*").map(escaped).join(".*")}$` } }] : []),
  ];
  return conditions.length > 0 ? { $and: conditions } : {};
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function runsOf({ run_id, successful_operations, failed_operations }: CatalogDocument): readonly string[] {
  const runs = [...successful_operations, ...failed_operations].map((operation) => operation.run_id);
  return [...new Set(run_id ? [...runs, run_id] : runs)];
}

function byStart(one: TraceDocument, other: TraceDocument): number {
  return one.claimed.localeCompare(other.claimed) || one.closed.localeCompare(other.closed);
}

type Cursor<Document> = { maxTimeMS(ms: number): Cursor<Document>; toArray(): Promise<Document[]>; close(): Promise<void> };

/** The stand-in does not keep to `maxTimeMS`, so the clock is held here as well. */
async function inTime<Document>(cursor: Cursor<Document>): Promise<Page<Document>> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), patience);
  try {
    const read = cursor.maxTimeMS(patience).toArray();
    read.catch(() => undefined);
    const documents = await Promise.race([read, late.promise]);
    return documents ? { documents, complete: true } : { documents: [], complete: false };
  } catch (error) {
    if (isTimeout(error)) return { documents: [], complete: false };
    throw error;
  } finally {
    clearTimeout(timer);
    await cursor.close().catch(() => undefined);
  }
}

/** 50: MaxTimeMSExpired. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === 50;
}
