import { setTimeout as sleep } from "node:timers/promises";
import { timed } from "../concurrency.ts";
import type { Part } from "../figure.ts";
import { type BenchLake, containers } from "../lake.ts";
import { announceAll, putAll } from "../objects.ts";
import { requirePoints, untilProcessed } from "../outcomes.ts";
import { jsonObject, readingsAnObject } from "../readings.ts";
import { percentile } from "../statistics.ts";

const type = "application/json";
/** Milliseconds between two objects of the small tenant. */
const beat = 250;
const closely = { interval: 10, patience: 120_000 };

/** A tenant with one object now and then, alone and beside a tenant with many at once. */
export const fairness: Part = {
  name: "fairness",
  async open(lake, { quick, say, observe }) {
    const count = quick ? 1_000 : 10_000;
    await smallTenant(lake, "warm", () => true, 10);

    return async (round) => {
      const unit = `flood-${round}`;
      say(`putting ${count} objects of the large tenant`);
      await putAll(lake, containers.silent, unit, count);
      say("the small tenant alone");
      const { result: alone } = await observe("small tenant alone", () => smallTenant(lake, `alone-${round}`, () => true, quick ? 20 : 60));
      say(`the small tenant beside ${count} objects of the large one`);
      let flooding = true;
      const flood = observe("small tenant beside a large one", () => announceAll(lake, containers.silent, unit, count)).finally(
        () => (flooding = false),
      );
      const [beside, { seconds }] = await Promise.all([smallTenant(lake, `beside-${round}`, () => flooding), flood]);
      await requirePoints(lake, unit, count * readingsAnObject);
      const wait = Math.max(0, percentile(beside, 0.99) - 2 * percentile(alone, 0.5));
      return [
        { name: "small tenant's object, alone", unit: "ms", values: alone },
        { name: "small tenant's object, beside a large one", unit: "ms", values: beside, floors: ["small tenant's object, alone"] },
        { name: "its p99 beyond 2 × alone", unit: "ms", values: [wait] },
        { name: `the large tenant's ${count} objects`, unit: "objects/s", values: [count / seconds] },
      ];
    };
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
    // Told below; until then a failure must not end the process before its lake is stopped.
    taking.catch(() => {});
    underway.push(taking);
    await sleep(beat);
  }
  return await Promise.all(underway);
}
