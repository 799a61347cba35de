import type { Catalog } from "../../infra/catalog.ts";
import type { IsLanding } from "../../infra/landing.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { ListingPart, PassMark, ReconciliationScope } from "../../sdk/contracts/reconciliation.ts";

export type PartsNeeds = {
  readonly catalog: Pick<Catalog, "watermarks">;
  readonly stores: readonly ObjectStore[];
  readonly isLanding: IsLanding;
  /** Milliseconds between two times, and in which a container is compared as a whole. */
  readonly every: number;
  readonly fullEvery: number;
};

/** Keys that are listed each time, be the container ever so small a part of what a pass must do in its time. */
export const leastBudget = 10_000;

/** What is to be listed this time: for each landing container its share of a pass, or all that somebody asked for. */
export async function listingParts(needs: PartsNeeds, scope: ReconciliationScope | undefined, now: Date): Promise<readonly ListingPart[]> {
  const containers = await containersOf(needs, scope);
  const begun: PassMark = { begun: now.toISOString(), after: "", listed: 0 };
  if (scope) return containers.map((one) => ({ ...one, prefix: scope.prefix ?? "", after: "", kind: "now", pass: begun }));
  const marks = await needs.catalog.watermarks.find({ _id: { $in: containers.map(markId) } }).toArray();
  const known = new Map(marks.map(({ _id, pass }) => [_id, pass]));
  return containers.flatMap((one): ListingPart[] => {
    const pass = known.get(markId(one)) ?? begun;
    return partsOf(one, pass.after === "" ? { ...pass, begun: begun.begun, listed: 0 } : pass, needs);
  });
}

/**
 * The next share of a container's pass: as many keys as it takes to be through in time, by the last pass' size. The
 * first pass goes through at once. A container too large for one time is looked at beyond its last known key as well.
 */
export function partsOf(
  where: Pick<ListingPart, "store" | "container">,
  pass: PassMark,
  { every, fullEvery }: Pick<PartsNeeds, "every" | "fullEvery">,
): ListingPart[] {
  const { after, whole, last } = pass;
  const share: ListingPart = { ...where, prefix: "", after, kind: "pass", pass };
  if (!whole) return [share];
  const budget = Math.max(leastBudget, Math.ceil((whole.size * every) / fullEvery));
  const tail: ListingPart = { ...where, prefix: "", after: last ?? "", budget: leastBudget, kind: "tail", pass };
  return [{ ...share, budget }, ...(last !== undefined && whole.size > budget ? [tail] : [])];
}

export function markId({ store, container }: Pick<ListingPart, "store" | "container">): string {
  return `reconcile/${store}/${container}`;
}

async function containersOf({ stores, isLanding }: PartsNeeds, scope: ReconciliationScope | undefined) {
  const wanted = scope?.container;
  const all = await Promise.all(
    stores.map(async (store) => (await store.containers()).map((container) => ({ store: store.name, container }))),
  );
  const landing = all.flat().filter(({ container }) => isLanding(container) && (wanted === undefined || container === wanted));
  if (landing.length > 0 || wanted === undefined) return landing;
  throw terminal(
    "NO_SUCH_CONTAINER",
    `There is no landing container "${wanted}" in ${stores.map(({ name }) => name).join(", ")}: correct the name, create the container, or add it to SLUICE_CONTAINERS.`,
  );
}

/** Keeps how far a container has come, as far as it is said. Said again, it changes nothing. */
export async function keepMark({ watermarks }: Pick<Catalog, "watermarks">, part: ListingPart, mark: Partial<PassMark>): Promise<void> {
  const fields = Object.fromEntries(Object.entries(mark).map(([name, value]) => [`pass.${name}`, value]));
  const at = mark.whole && { at: new Date(mark.whole.begun) };
  await watermarks.updateOne({ _id: markId(part) }, { $set: { ...fields, ...at } }, { upsert: true });
}
