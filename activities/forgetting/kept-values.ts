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
  const own = await catalog.results.find({ _id: { $in: [...traces] } }, { projection: { works: 1 } }).toArray();
  const values = new Set(own.flatMap(({ works }) => works));
  const mine = new Set(own.map(({ _id }) => _id));
  if (values.size > 0) {
    for await (const { _id, works } of catalog.results.find({ works: { $in: [...values] } }, { projection: { works: 1 } })) {
      if (!mine.has(_id)) for (const work of works) values.delete(work);
    }
  }
  for (const work of values) await lake.delete(workContainer, work);
  if (own.length > 0) await catalog.results.deleteMany({ _id: { $in: [...mine] } });
}
