import type { Figure, Part } from "../figure.ts";
import { containers } from "../lake.ts";
import { keysOf, putAll } from "../objects.ts";
import { openLoop } from "../open-loop.ts";
import { requirePoints, untilProcessed } from "../outcomes.ts";
import { jsonObject, readingsAnObject } from "../readings.ts";

/** Events a second; what arrives is processed meanwhile. */
const rates = [100, 340, 1_000];

/** How long the answer to a webhook takes, however many are due: they come by the clock, not when the last was answered. */
export const webhooks: Part = {
  name: "webhooks",
  async open(lake, { quick, say, observe }) {
    const seconds = quick ? 1 : 5;
    const container = containers.silent;

    return async (round) => {
      const figures: Figure[] = [];
      for (const rate of rates) {
        const [count, unit] = [rate * seconds, `webhooks-${rate}-${round}`];
        const keys = keysOf(unit, count);
        const size = jsonObject(0, unit).length;
        say(`${rate} events/s for ${seconds} s`);
        await putAll(lake, container, unit, count);
        const bare = await openLoop(rate, count, (index) => lake.tell(lake.bare.url, container, keys[index] ?? "", size));
        const { result: answered } = await observe(`webhooks, ${rate}/s`, () =>
          openLoop(rate, count, (index) => lake.announce(container, keys[index] ?? "", size)),
        );
        await untilProcessed(lake, container, keys);
        await requirePoints(lake, unit, count * readingsAnObject);
        const floor = `a bare server's answer at ${rate} events/s`;
        figures.push(
          {
            name: `answer to a webhook at ${rate} events/s`,
            unit: "ms",
            values: answered,
            floors: [floor],
            ...(rate === 340 && { aim: "< 3 ms, p99 < 20 ms" }),
          },
          { name: floor, unit: "ms", values: bare },
        );
      }
      return figures;
    };
  },
};
