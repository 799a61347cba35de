import type { Catalog } from "../../infra/catalog.ts";
import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";

export async function documentsOf(
  catalog: Catalog,
  container: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, CatalogDocument>> {
  if (keys.length === 0) return new Map();
  const found = await catalog
    .documents(container)
    .find({ _id: { $in: [...keys] } })
    .toArray();
  return new Map(found.map((document) => [document._id, document]));
}

export async function replaceDocuments(catalog: Catalog, container: string, documents: readonly CatalogDocument[]): Promise<void> {
  if (documents.length === 0) return;
  await catalog.documents(container).bulkWrite(
    documents.map((document) => ({ replaceOne: { filter: { _id: document._id }, replacement: document, upsert: true } })),
    { ordered: false },
  );
}
