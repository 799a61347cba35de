import pLimit from "p-limit";

/** Requests that are under way at once. */
const width = 16;

export function* inBatches<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

/** A few at a time, up to the first that fails; results in the order of the items. */
export async function inParallel<Item, Result>(items: readonly Item[], each: (item: Item) => Promise<Result>): Promise<readonly Result[]> {
  const limit = pLimit(width);
  return await limit.map(items, each).finally(() => limit.clearQueue());
}
