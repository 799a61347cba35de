import { setTimeout as sleep } from "node:timers/promises";
import { inParallel, timed } from "../concurrency.ts";
import type { Part } from "../figure.ts";
import { type BenchLake, containers } from "../lake.ts";
import { untilProcessed } from "../outcomes.ts";
import { jsonObject } from "../readings.ts";
import { percentile } from "../statistics.ts";

const type = "application/json";
const clients = 16;
/** Milliseconds between two objects of the small tenant. */
const beat = 250;
const closely = { interval: 10, patience: 120_000 };

/** A tenant with one object now and then, alone and beside a tenant with many at once. */
export const fairness: Part = {
  name: "fairness",
  async run(lake, { quick, say, observe }) {
    const count = quick ? 1_000 : 10_000;
    const keys = Array.from({ length: count }, (_, index) => `flood/${index}.json`);
    say(`putting ${count} objects of the large tenant`);
    const content = jsonObject(0, "flood");
    await inParallel(keys, clients, (key) => lake.put(containers.silent, key, content, type));
    await smallTenant(lake, "warm", () => true, 10);

    say("the small tenant alone");
    const alone = await observe("small tenant alone", () => smallTenant(lake, "alone", () => true, quick ? 20 : 60));
    say(`the small tenant beside ${count} objects of the large one`);
    let flooding = true;
    const flood = observe("small tenant beside a large one", () =>
      timed(async () => {
        await inParallel(keys, clients, (key) => lake.announce(containers.silent, key, content.length));
        await untilProcessed(lake, containers.silent, keys);
      }),
    ).finally(() => (flooding = false));
    const [beside, took] = await Promise.all([smallTenant(lake, "beside", () => flooding), flood]);
    const note = `p99 beside: 2 × alone + ${Math.max(0, Math.round(percentile(beside, 0.99) - 2 * percentile(alone, 0.5)))} ms`;
    return [
      { name: "small tenant's object, alone", unit: "ms", values: alone },
      { name: "small tenant's object, beside a large one", unit: "ms", values: beside, floor: "small tenant's object, alone", note },
      { name: `the large tenant's ${count} objects`, unit: "objects/s", values: [(count / took) * 1_000] },
    ];
  },
};

/** One object every beat, whether or not the one before has come through; how long each took from its webhook to its closed document. */
async function smallTenant(lake: BenchLake, prefix: string, more: () => boolean, most = Infinity): Promise<readonly number[]> {
  const underway: Promise<number>[] = [];
  for (let index = 0; index < most && more(); index += 1) {
    const key = `${prefix}/${index}.json`;
    const content = jsonObject(index, prefix);
    await lake.put(containers.other, key, content, type);
    const taking = timed(async () => {
      await lake.announce(containers.other, key, content.length);
      await untilProcessed(lake, containers.other, [key], closely);
    });
    underway.push(taking);
    await sleep(beat);
  }
  return await Promise.all(underway);
}
