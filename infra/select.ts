import type { CatalogDocument } from "../sdk/contracts/catalog.ts";
import type { Selection } from "../sdk/contracts/selection.ts";
import type { Catalog } from "./catalog.ts";
import type { IsLanding } from "./landing.ts";
import { plansOf, type Query, queryOf } from "./selection.ts";

/** Where a page ended. */
export type Position = { readonly container: string; readonly key: string };

export type SelectionPage = {
  readonly documents: readonly CatalogDocument[];
  /** Absent on the last page. A page may hold few documents, or none, and not be the last. */
  readonly next?: Position;
};

export type SelectionNeeds = {
  readonly catalog: Pick<Catalog, "documents" | "containers" | "dags">;
  readonly isLanding: IsLanding;
};

/** A predecessor's documents are not known by their keys: they are named by events alone. */
const byKey = { key: { $exists: true } };

/** Documents that are read for one page at most, however few of them fit. */
const mostRead = 20_000;

/** The next documents of a selection, in the order of containers and keys, from after a position. */
export async function selectPage(
  needs: SelectionNeeds,
  selection: Selection,
  { after, limit }: { readonly after?: Position | undefined; readonly limit: number },
): Promise<SelectionPage> {
  const query = await ask(needs, selection);
  const documents: CatalogDocument[] = [];
  let read = 0;
  for (const container of await containersOf(needs, query, after)) {
    const beyond = after?.container === container ? [{ _id: { $gt: after.key } }] : [];
    const cursor = needs.catalog
      .documents(container)
      .find({ $and: [byKey, query.filter, ...beyond] })
      .sort({ _id: 1 })
      .batchSize(1_000);
    for await (const document of cursor) {
      read += 1;
      if (query.fits(document)) documents.push(document);
      if (documents.length === limit || read === mostRead) return { documents, next: { container, key: document._id } };
    }
  }
  return { documents };
}

/** How many objects a selection means now. */
export async function countSelected(needs: SelectionNeeds, selection: Selection): Promise<number> {
  const query = await ask(needs, selection);
  let count = 0;
  for (const container of await containersOf(needs, query)) {
    for await (const document of needs.catalog
      .documents(container)
      .find({ $and: [byKey, query.filter] })
      .batchSize(1_000)) {
      if (query.fits(document)) count += 1;
    }
  }
  return count;
}

async function ask({ catalog }: SelectionNeeds, selection: Selection): Promise<Query> {
  return queryOf(selection, selection.notByCurrent === undefined ? [] : plansOf(await catalog.dags.find().toArray()));
}

async function containersOf({ catalog, isLanding }: SelectionNeeds, query: Query, after?: Position): Promise<readonly string[]> {
  const all = await catalog.containers();
  return all.filter((name) => isLanding(name) && query.isIn(name) && !(after && name < after.container)).sort();
}
