import { inParallel } from "./concurrency.ts";
import type { BenchLake } from "./lake.ts";
import { untilProcessed } from "./outcomes.ts";
import { jsonObject } from "./readings.ts";

/** Who puts and posts at once. */
export const clients = 16;

/** The keys of as many objects of a unit, from its object `from` on. */
export const keysOf = (unit: string, count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `${unit}/${from + index}.json`);

/** Puts objects of 100 readings. */
export async function putAll({ put }: Pick<BenchLake, "put">, container: string, unit: string, count: number, from = 0): Promise<void> {
  await inParallel(keysOf(unit, count, from).entries(), clients, ([index, key]) =>
    put(container, key, jsonObject(from + index, unit), "application/json"),
  );
}

/** Posts their events to the webhook door, and waits until they are processed. */
export async function announceAll(lake: BenchLake, container: string, unit: string, count: number, from = 0): Promise<void> {
  const keys = keysOf(unit, count, from);
  const size = jsonObject(0, unit).length;
  await inParallel(keys, clients, (key) => lake.announce(container, key, size));
  await untilProcessed(lake, container, keys);
}
