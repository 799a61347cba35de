import { timed } from "../concurrency.ts";
import type { Part } from "../figure.ts";
import { createScript } from "../floors/script.ts";
import { type BenchLake, containers } from "../lake.ts";
import { requirePoints, untilProcessed } from "../outcomes.ts";
import { jsonObject, readingsAnObject } from "../readings.ts";

const type = "application/json";
/** Looked at so often that it does not show in the figures, and so rarely that it does not cost either. */
const closely = { interval: 3, patience: 30_000 };
const floors = ["one object, script", "one object, plain Temporal", "no-op workflow"];

/** One object after another through a lake that does nothing else. */
export const idleLatency: Part = {
  name: "idle-latency",
  async open(lake, { quick, say, observe, floors: { plain, tuned } }) {
    const count = quick ? 10 : 30;
    const stored = quick ? 4 : 10;
    const [script, byHand, noOp] = [createScript(lake), await plain(), await tuned()];
    await observe("warming up", () => direct(lake, "warm", quick ? 10 : 20));
    for (let index = 0; index < 3; index++) {
      await script.processObject("warm-script", containers.silent, "warm/0.json", index);
      await byHand.process("warm-plain", containers.silent, "warm/0.json", index);
      await noOp.run();
    }

    return async (round) => {
      const unit = (name: string) => `idle-${name}-${round}`;
      say(`${count} objects one by one, webhooks posted by the bench`);
      const { result: posted } = await observe("idle, webhook posted", () => direct(lake, unit("direct"), count));
      say(`${count} objects one by one, by the script, as plain and as no-op workflows`);
      const key = (index: number) => `${unit("direct")}/${index}.json`;
      const scripted = await oneByOne(count, (index) => script.processObject(unit("script"), containers.silent, key(index), index));
      const plainly = await oneByOne(count, (index) => byHand.process(unit("plain"), containers.silent, key(index), index));
      const noOps = await oneByOne(count, () => noOp.run());
      say("objects one by one, webhooks sent by MinIO, which looks into its queue every 3 s when it is idle");
      const notices = await notified(lake, unit("notified"), stored);
      for (const name of ["direct", "script", "plain"]) await requirePoints(lake, unit(name), count * readingsAnObject);
      await requirePoints(lake, unit("notified"), stored * readingsAnObject);
      return [
        { name: "one object, webhook to closed document", unit: "ms", values: posted, floors, aim: "≤ 2.6 × the script, p99 ≤ 8 ×" },
        { name: "one object, PUT to closed document", unit: "ms", values: notices, floors, note: "up to 3 s of it are MinIO's" },
        { name: "one object, script", unit: "ms", values: scripted },
        { name: "one object, plain Temporal", unit: "ms", values: plainly },
        { name: "no-op workflow", unit: "ms", values: noOps },
      ];
    };
  },
};

async function oneByOne(count: number, work: (index: number) => Promise<unknown>): Promise<readonly number[]> {
  const values: number[] = [];
  for (let index = 0; index < count; index++) values.push(await timed(() => work(index)));
  return values;
}

/** Milliseconds from the webhook, posted by the bench, to the closed document. */
export async function direct(
  lake: BenchLake,
  unit: string,
  count: number,
  container: string = containers.silent,
): Promise<readonly number[]> {
  const values: number[] = [];
  for (let index = 0; index < count; index++) {
    const key = `${unit}/${index}.json`;
    const content = jsonObject(index, unit);
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

async function notified(lake: BenchLake, unit: string, count: number): Promise<readonly number[]> {
  const container = containers.notified;
  return await oneByOne(count, async (index) => {
    const key = `${unit}/${index}.json`;
    await lake.put(container, key, jsonObject(index, unit), type);
    await untilProcessed(lake, container, [key], closely);
  });
}
