import type { Filter } from "mongodb";
import { recordAudit } from "../../infra/audit.ts";
import type { Catalog } from "../../infra/catalog.ts";
import type { IsLanding } from "../../infra/landing.ts";
import { literally } from "../../infra/literally.ts";
import { countSelected, type Position, selectPage } from "../../infra/select.ts";
import type { CatalogDocument, DagDocument } from "../../sdk/contracts/catalog.ts";
import type { ApiCatalog, ObjectQuery } from "./deps.ts";
import { createFailureReader } from "./failure-reader.ts";
import { inTime } from "./in-time.ts";
import { createTraceReader } from "./trace-reader.ts";

/** A worker that has not said for this long that it is there is gone. */
const workersLease = 20_000;

/** The API's reads over the catalog's collections: by `_id` wherever that is possible. */
export function createCatalogReader(catalog: Omit<Catalog, typeof Symbol.asyncDispose>, isLanding: IsLanding): ApiCatalog {
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

    story: createTraceReader(catalog),

    dags: () => catalog.dags.find().project<Omit<DagDocument, "plan">>({ plan: 0 }).sort({ _id: 1 }).toArray(),
    dag: async (name) => (await catalog.dags.findOne({ _id: name })) ?? undefined,
    brokenFiles: async () => (await catalog.publishers.find().sort({ _id: 1 }).toArray()).flatMap(({ broken }) => broken),
    workers: async () => {
      const seen = Date.now() - workersLease;
      return (await catalog.workers.find().sort({ _id: 1 }).toArray()).filter((worker) => worker.seen.getTime() > seen);
    },
    ...createFailureReader(catalog),
    select: async (selection, limit) => {
      const documents: CatalogDocument[] = [];
      let after: Position | undefined;
      do {
        const page = await selectPage({ catalog, isLanding }, selection, { after, limit: limit - documents.length });
        documents.push(...page.documents);
        after = page.next;
      } while (after && documents.length < limit);
      return documents;
    },
    countSelected: (selection) => countSelected({ catalog, isLanding }, selection),
    audit: (mark, entry) => recordAudit(catalog, mark, entry),
    passes: () =>
      catalog.watermarks
        .find({ _id: { $regex: "^reconcile/" } })
        .sort({ _id: 1 })
        .toArray(),
    quarantineCount: () => catalog.quarantine.estimatedDocumentCount(),
  };
}

function filterOf({ prefix, state, type, after }: ObjectQuery): Filter<CatalogDocument> {
  const conditions: Filter<CatalogDocument>[] = [
    // Apart, because the stand-in heeds one operator only beside `$regex`.
    ...(prefix ? [{ _id: { $regex: `^${literally(prefix)}` } }] : []),
    ...(after ? [{ _id: { $gt: after } }] : []),
    ...(state ? [{ state }] : []),
    ...(type ? [{ content_type: { $regex: `^${type.split("*").map(literally).join(".*")}$` } }] : []),
  ];
  return conditions.length > 0 ? { $and: conditions } : {};
}
