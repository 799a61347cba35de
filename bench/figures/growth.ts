import type { Figure, Part } from "../figure.ts";
import { containers } from "../lake.ts";
import { announceAll, putAll } from "../objects.ts";
import { requirePoints } from "../outcomes.ts";
import type { ByProcess } from "../processes.ts";
import { readingsAnObject } from "../readings.ts";
import { sum } from "../statistics.ts";
import { direct } from "./idle-latency.ts";

const container = containers.grown;
const unit = "grown";
/** Objects in the catalog when what one costs is measured, in so many stretches. */
export const sizesOf = (quick: boolean) => (quick ? [200, 1_000] : [1_000, 10_000, 100_000]);
const stretches = 5;

/** What an object costs as the catalog grows, straight to the webhook door. Its stretches are its rounds. */
export const growth: Part = {
  name: "growth",
  lake: "large",
  rounds: 1,
  async open(lake, { quick, say, observe }) {
    const stretch = quick ? 50 : 200;
    const singles = 10;
    const [smallest = 0, ...larger] = sizesOf(quick);
    say("warming up");
    await putAll(lake, containers.other, "warmth", 500);
    await announceAll(lake, containers.other, "warmth", 500);

    return async () => {
      const figures: Figure[] = [];
      let known = 0;
      for (const size of [smallest, ...larger]) {
        say(`up to ${size} objects`);
        while (known < size) {
          const more = Math.min(1_000, size - known);
          await putAll(lake, container, unit, more, known);
          await announceAll(lake, container, unit, more, known);
          known += more;
        }
        for (let index = 0; index < stretches; index++) {
          await putAll(lake, container, unit, stretch, known);
          const { seconds, cpu } = await observe(`${stretch} objects, catalog of ${size}`, () =>
            announceAll(lake, container, unit, stretch, known),
          );
          known += stretch;
          const alone = await direct(lake, `${unit}-${size}-${index}`, singles, container);
          figures.push(
            { ...of(size, "processor time of an object"), unit: "ms", values: [(ofLake(cpu) / stretch) * 1_000] },
            { ...of(size, "one object alone"), unit: "ms", values: alone },
            { ...of(size, `${stretch} objects at the door`, "≥ 0.87 ×"), unit: "objects/s", values: [stretch / seconds] },
          );
        }
      }
      await requirePoints(lake, unit, known * readingsAnObject);
      return figures;
    };

    function of(size: number, what: string, aim = "≤ 1.15 ×"): Pick<Figure, "name" | "floors" | "aim"> {
      const named = (size: number) => `${what}, catalog of ${size}`;
      return { name: named(size), ...(size !== smallest && { floors: [named(smallest)], aim }) };
    }
  },
};

/** Of all its processes, without the one that measures. */
function ofLake(cpu: ByProcess): number {
  return sum(Object.values(cpu)) - (cpu["bench"] ?? 0);
}
