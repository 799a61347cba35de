import type { Figure, Part } from "../figure.ts";
import { timed } from "../concurrency.ts";
import { startNoOp } from "../floors/no-op.ts";
import { processObject } from "../floors/script.ts";
import { type BenchLake, containers } from "../lake.ts";
import { untilProcessed } from "../outcomes.ts";
import { jsonObject } from "../readings.ts";

const type = "application/json";
/** Looked at so often that it does not show in the figures, and so rarely that it does not cost either. */
const closely = { interval: 3, patience: 30_000 };

/** One object after another through a lake that does nothing else. */
export const idleLatency: Part = {
  name: "idle-latency",
  async run(lake, { quick, say, observe }) {
    await using noOp = await startNoOp(lake);
    const count = quick ? 10 : 30;
    await observe("warming up", () => direct(lake, "warm", quick ? 10 : 20));

    say(`${count} objects one by one, webhooks posted by the bench`);
    const posted = await observe("idle, webhook posted", () => direct(lake, "idle", count));
    say(`${count} objects one by one, by the script and as no-op workflows`);
    const script: number[] = [];
    for (let index = 0; index < count; index++)
      script.push(await timed(() => processObject(lake, containers.silent, `idle/${index}.json`, index)));
    const noOps: number[] = [];
    for (let index = 0; index < count; index++) noOps.push(await timed(() => noOp.run()));

    say("objects one by one, webhooks sent by MinIO, which looks into its queue every 3 s when it is idle");
    const stored = await notified(lake, quick ? 4 : 30);
    const figures: readonly Figure[] = [
      { name: "one object, webhook to closed document", unit: "ms", values: posted, floor: "one object, script" },
      { name: "one object, PUT to closed document", unit: "ms", values: stored, note: "up to 3 s of it are MinIO's" },
      { name: "one object, script", unit: "ms", values: script },
      { name: "no-op workflow", unit: "ms", values: noOps },
    ];
    return figures;
  },
};

async function direct(lake: BenchLake, prefix: string, count: number): Promise<readonly number[]> {
  const container = containers.silent;
  const values: number[] = [];
  for (let index = 0; index < count; index++) {
    const key = `${prefix}/${index}.json`;
    const content = jsonObject(index, prefix);
    await lake.put(container, key, content, type);
    values.push(
      await timed(async () => {
        await lake.announce(container, key, content.length);
        await untilProcessed(lake, container, [key], closely);
      }),
    );
  }
  return values;
}

async function notified(lake: BenchLake, count: number): Promise<readonly number[]> {
  const container = containers.notified;
  const values: number[] = [];
  for (let index = 0; index < count; index++) {
    const key = `idle/${index}.json`;
    const content = jsonObject(index, "notified");
    values.push(
      await timed(async () => {
        await lake.put(container, key, content, type);
        await untilProcessed(lake, container, [key], closely);
      }),
    );
  }
  return values;
}
