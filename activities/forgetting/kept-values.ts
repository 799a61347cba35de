import type { Catalog } from "../../infra/catalog.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import { workContainer } from "../work/work-area.ts";

/**
 * Removes what is kept of runs so that others may begin in their middle, and the large values of them in the work
 * area. Those lie there by their content: one that another object's runs came to as well is theirs, and stays.
 */
export async function removeKept(
  catalog: Pick<Catalog, "results">,
  lake: Pick<ObjectStore, "delete">,
  traces: readonly string[],
): Promise<void> {
  const own = await catalog.results.find({ _id: { $in: [...traces] } }).toArray();
  const values = new Set(own.flatMap((one) => [...workIn(one.dags)]));
  if (values.size > 0) {
    const mine = new Set(own.map(({ _id }) => _id));
    for await (const { _id, dags } of catalog.results.find().batchSize(500)) {
      if (!mine.has(_id)) for (const work of workIn(dags)) values.delete(work);
    }
  }
  for (const work of values) await lake.delete(workContainer, work);
  if (own.length > 0) await catalog.results.deleteMany({ _id: { $in: own.map(({ _id }) => _id) } });
}

/** The keys of all references to the work area, wherever they stand. */
function* workIn(value: unknown): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  if ("work" in value && typeof value.work === "string" && "size" in value) yield value.work;
  for (const inner of Object.values(value)) yield* workIn(inner);
}
