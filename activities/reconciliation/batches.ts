/** Requests that are under way at once. */
const width = 16;

export function* inBatches<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

/** A few at a time; results in the order of the items. */
export async function inParallel<Item, Result>(items: readonly Item[], each: (item: Item) => Promise<Result>): Promise<readonly Result[]> {
  const results: Result[] = Array(items.length);
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) results[index] = await each(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
