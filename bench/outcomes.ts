import { setTimeout as sleep } from "node:timers/promises";
import type { BenchLake } from "./lake.ts";

const open = new Set(["announced", "waiting", "processing"]);

/** How many documents one look asks for: by their keys, which costs the catalog next to nothing. */
const looked = 100;

/**
 * Resolves when the documents of all these objects are closed; looks every `interval` milliseconds.
 * @throws where one is not `processed`, or when nothing moves for `patience` milliseconds
 */
export async function untilProcessed(
  lake: Pick<BenchLake, "catalog">,
  container: string,
  keys: readonly string[],
  { interval = 50, patience = 120_000 } = {},
): Promise<void> {
  const documents = lake.catalog.documents(container);
  const pending = new Set(keys);
  for (let moved = performance.now(); ;) {
    const asked = [...pending].slice(0, looked);
    const found = await documents.find({ _id: { $in: asked } }, { projection: { state: 1, reason: 1 } }).toArray();
    const closed = found.filter(({ state }) => !open.has(state));
    const bad = closed.find(({ state }) => state !== "processed");
    if (bad) throw new Error(`${container}/${bad._id} ended ${bad.state}: ${bad.reason?.message ?? "no reason given"}`);
    for (const { _id } of closed) pending.delete(_id);
    if (pending.size === 0) return;
    if (closed.length > 0) moved = performance.now();
    if (performance.now() - moved > patience)
      throw new Error(
        `${pending.size} of ${keys.length} objects of ${container} are not closed, and nothing moved for ${patience / 1_000} s; the first is ${asked[0]}.`,
      );
    // All that were asked for were closed: there may be more, at once.
    if (closed.length < asked.length) await sleep(interval);
  }
}

/** Reads back how many points a measurement holds. @throws where they are not as many as expected */
export async function requirePoints({ influx }: Pick<BenchLake, "influx">, measurement: string, expected: number): Promise<void> {
  const [[series] = []] = await influx.query(`SELECT count("value") FROM "${measurement}"`);
  const found = Number(series?.values[0]?.[1] ?? 0);
  if (found !== expected) throw new Error(`InfluxDB holds ${found} points of "${measurement}"; expected ${expected}.`);
}
