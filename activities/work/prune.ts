import { Context } from "@temporalio/activity";
import pLimit from "p-limit";
import type { Catalog } from "../../infra/catalog.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import type { Pruned } from "../contract.ts";
import { workContainer } from "./work-area.ts";

export type PruneDependencies = {
  readonly catalog: Pick<Catalog, "results" | "forgottenRuns">;
  readonly lake: Pick<ObjectStore, "list" | "head" | "delete">;
};

/** Values that are looked for in the results at once, and deleted at once. */
const pageSize = 500;
const atOnce = 8;

/**
 * Removes what is kept of runs that closed before a time, and what has lain in the work area for longer. A value lies
 * there by its content: one that a younger run came to as well, or kept, stays.
 */
export async function pruneKept({ catalog, lake }: PruneDependencies, before: Date): Promise<Pruned> {
  const { deletedCount: results } = await catalog.results.deleteMany({ closed: { $lt: before.toISOString() } });
  // By then Temporal has deleted them.
  await catalog.forgottenRuns.deleteMany({ at: { $lt: before } });
  const limit = pLimit(atOnce);
  let values = 0;

  async function removeUnused(keys: readonly string[]): Promise<void> {
    Context.current().cancellationSignal.throwIfAborted();
    const kept = new Set<string>();
    for await (const { works } of catalog.results.find({ works: { $in: [...keys] } }, { projection: { works: 1 } })) {
      for (const work of works) kept.add(work);
    }
    await Promise.all(keys.filter((key) => !kept.has(key)).map((key) => limit(() => removeOld(key))));
  }

  async function removeOld(key: string): Promise<void> {
    // A run may have come to the same value since it was listed.
    const now = await lake.head(workContainer, key);
    if (!now || now.lastModified >= before) return;
    await lake.delete(workContainer, key);
    values += 1;
  }

  let page: string[] = [];
  for await (const { key, lastModified } of lake.list(workContainer)) {
    if (lastModified < before) page.push(key);
    if (page.length < pageSize) continue;
    await removeUnused(page);
    page = [];
  }
  await removeUnused(page);
  return { results, values };
}
