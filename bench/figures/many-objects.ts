import { answering, throughBare } from "../answering.ts";
import { inParallel, timed } from "../concurrency.ts";
import type { Part } from "../figure.ts";
import { createScript } from "../floors/script.ts";
import { containers } from "../lake.ts";
import { announceAll, clients, keysOf, putAll } from "../objects.ts";
import { requirePoints, untilProcessed } from "../outcomes.ts";
import { readingsAnObject } from "../readings.ts";

const floors = ["objects, script", "objects, plain Temporal", "no-op workflows, 50 at once"];

/** Many small objects at once: through the store's own webhooks, and straight to the webhook door. */
export const manyObjects: Part = {
  name: "many-objects",
  async open(lake, { quick, say, observe, floors: { plain, tuned } }) {
    const count = quick ? 500 : 5_000;
    // So slow that all of them would take longer than the rest together.
    const byHandCount = quick ? 100 : 500;
    const [script, byHand, noOp] = [createScript(lake), await plain(), await tuned()];
    say("warming up");
    await putAll(lake, containers.silent, "warmth", 200);
    await announceAll(lake, containers.silent, "warmth", 200);

    return async (round) => {
      const unit = (name: string) => `${name}-${round}`;
      const [stored, posted, scripted, plainly] = [unit("through"), unit("door"), unit("script"), unit("plain")];
      say(`${count} objects, MinIO's webhooks`);
      const through = await observe("objects, MinIO's webhooks", async () => {
        const answered = await answering(lake, "gateway", containers.notified, stored, count);
        await untilProcessed(lake, containers.notified, keysOf(stored, count));
        return answered;
      });
      say(`${count} objects, MinIO's webhooks to a receiver that answers at once`);
      const bare = await throughBare(lake, stored, count);
      say(`${count} objects, straight to the webhook door`);
      await putAll(lake, containers.silent, posted, count);
      const door = await observe("objects, webhook door", () => announceAll(lake, containers.silent, posted, count));
      say("the script, plain Temporal, and no-op workflows");
      const keys = keysOf(posted, count);
      const without = await observe("objects, script", () => script.processObjects(scripted, containers.silent, keys));
      const hand = await observe("objects, plain Temporal", () =>
        inParallel(keys.slice(0, byHandCount).entries(), clients, ([number, key]) =>
          byHand.process(plainly, containers.silent, key, number),
        ),
      );
      for (const unit of [stored, posted, scripted]) await requirePoints(lake, unit, count * readingsAnObject);
      await requirePoints(lake, plainly, byHandCount * readingsAnObject);
      const runs = quick ? 200 : 500;
      const noOps = await timed(() => inParallel(Array(runs).keys(), 50, () => noOp.run()));
      return [
        { name: `${count} objects put at once, MinIO's webhooks`, unit: "objects/s", values: [count / through.seconds], floors },
        {
          name: "of these, answered to MinIO",
          unit: "events/s",
          values: [through.result],
          floors: ["MinIO to a bare receiver"],
          aim: "≥ 0.9 ×",
        },
        { name: "MinIO to a bare receiver", unit: "events/s", values: [bare] },
        {
          name: `${count} objects, webhook door`,
          unit: "objects/s",
          values: [count / door.seconds],
          floors,
          aim: "≥ 0.5 × the script, ≥ 5 × plain Temporal",
        },
        { name: "objects, script", unit: "objects/s", values: [count / without.seconds], note: `${clients} at once` },
        {
          name: "objects, plain Temporal",
          unit: "objects/s",
          values: [byHandCount / hand.seconds],
          note: `${byHandCount}, ${clients} at once`,
        },
        { name: "no-op workflows, 50 at once", unit: "runs/s", values: [(runs / noOps) * 1_000] },
      ];
    };
  },
};
