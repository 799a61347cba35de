import { inParallel, timed } from "../concurrency.ts";
import type { Part } from "../figure.ts";
import { startNoOp } from "../floors/no-op.ts";
import { processObjects } from "../floors/script.ts";
import { type BenchLake, containers } from "../lake.ts";
import { untilProcessed } from "../outcomes.ts";
import { jsonObject, readingsAnObject } from "../readings.ts";

const clients = 16;

/** Many small objects at once: through the store's own webhooks, and straight to the webhook door. */
export const manyObjects: Part = {
  name: "many-objects",
  async run(lake, { quick, say, observe }) {
    await using noOp = await startNoOp(lake);
    const count = quick ? 500 : 2_000;
    const rounds = quick ? 1 : 3;
    const through: number[] = [];
    const door: number[] = [];
    const script: number[] = [];
    const noOps: number[] = [];
    const rate = (milliseconds: number, done = count) => (done / milliseconds) * 1_000;

    say("warming up");
    await putAll(lake, containers.silent, "warmth", 200);
    await announceAll(lake, "warmth", 200);
    for (let round = 0; round < rounds; round++) {
      const [stored, posted] = [`through-${round}`, `door-${round}`];
      say(`round ${round + 1} of ${rounds}: ${count} objects, MinIO's webhooks`);
      const took = await observe("objects, MinIO's webhooks", () => timed(() => throughStore(lake, stored, count)));
      through.push(rate(took));
      say(`round ${round + 1} of ${rounds}: ${count} objects, straight to the webhook door`);
      await putAll(lake, containers.silent, posted, count);
      door.push(rate(await observe("objects, webhook door", () => timed(() => announceAll(lake, posted, count)))));
      await Promise.all([stored, posted].map((unit) => requirePoints(lake, unit, count)));
      say(`round ${round + 1} of ${rounds}: the script, and no-op workflows`);
      script.push(
        rate(await observe("objects, script", () => timed(() => processObjects(lake, containers.silent, keysOf(posted, count))))),
      );
      const runs = quick ? 200 : 500;
      noOps.push(rate(await timed(() => inParallel(Array(runs).keys(), 50, () => noOp.run())), runs));
    }
    return [
      { name: `${count} objects put at once, MinIO's webhooks`, unit: "objects/s", values: through, floor: "objects, script" },
      { name: `${count} objects, webhook door`, unit: "objects/s", values: door, floor: "objects, script" },
      { name: "objects, script", unit: "objects/s", values: script, note: `${clients} at once` },
      { name: "no-op workflows, 50 at once", unit: "runs/s", values: noOps },
    ];
  },
};

const keysOf = (unit: string, count: number) => Array.from({ length: count }, (_, index) => `${unit}/${index}.json`);

async function putAll(lake: BenchLake, container: string, unit: string, count: number): Promise<void> {
  await inParallel(keysOf(unit, count).entries(), clients, ([index, key]) =>
    lake.put(container, key, jsonObject(index, unit), "application/json"),
  );
}

async function throughStore(lake: BenchLake, unit: string, count: number): Promise<void> {
  await putAll(lake, containers.notified, unit, count);
  await untilProcessed(lake, containers.notified, keysOf(unit, count));
}

async function announceAll(lake: BenchLake, unit: string, count: number): Promise<void> {
  const size = jsonObject(0, unit).length;
  await inParallel(keysOf(unit, count), clients, (key) => lake.announce(containers.silent, key, size));
  await untilProcessed(lake, containers.silent, keysOf(unit, count));
}

/** Every point of every object, read back from the database. */
async function requirePoints(lake: BenchLake, measurement: string, objects: number): Promise<void> {
  const [[series] = []] = await lake.influx.query(`SELECT count("value") FROM "${measurement}"`);
  const found = Number(series?.values[0]?.[1] ?? 0);
  const expected = objects * readingsAnObject;
  if (found !== expected)
    throw new Error(
      `InfluxDB holds ${found} points of "${measurement}"; expected ${expected}: ${objects} objects of ${readingsAnObject} readings.`,
    );
}
