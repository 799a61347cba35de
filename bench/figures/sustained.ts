import type { Part } from "../figure.ts";
import { containers } from "../lake.ts";
import { openLoop } from "../open-loop.ts";
import { requirePoints, untilProcessed } from "../outcomes.ts";
import { csvChunks } from "../readings.ts";
import { sum } from "../statistics.ts";

/** 1.4 billion records a day, the region of the lecture, in so many objects a second. */
const rowsASecond = 16_204;
const objectsASecond = 4;
const rows = rowsASecond / objectsASecond;
const container = containers.silent;
const excepted = ["influxdb", "temporal", "bench"];

/** Rows that come by the clock, in CSV objects, for ten minutes; and what of the processors that takes. */
export const sustained: Part = {
  name: "sustained",
  lake: "sustained",
  rounds: 1,
  onlyByName: true,
  async open(lake, { quick, say, observe }) {
    const minutes = quick ? 0.5 : 10;
    const objects = minutes * 60 * objectsASecond;
    const land = async (unit: string, index: number) => {
      const key = `${unit}/${index}.csv`;
      const content = Buffer.concat([...csvChunks(rows, unit, index * rows)]);
      await lake.put(container, key, content, "text/csv");
      await lake.announce(container, key, content.length);
      await untilProcessed(lake, container, [key], { interval: 50 });
    };
    say("warming up");
    await openLoop(objectsASecond, 20, (index) => land("warm", index));

    return async () => {
      say(`${rowsASecond} rows/s for ${minutes} minutes`);
      const { result, seconds, cpu } = await observe("sustained", () =>
        openLoop(objectsASecond, objects, (index) => land("sustained", index)),
      );
      await requirePoints(lake, "sustained", objects * rows);
      const cores = Object.entries(cpu).map(([name, taken]) => [name, taken / seconds] as const);
      const counted = cores.filter(([name]) => !excepted.includes(name));
      return [
        { name: "sustained into InfluxDB", unit: "rows/s", values: [(objects * rows) / seconds], aim: `≥ ${rowsASecond}` },
        { name: `sustained, an object of ${rows} rows, PUT to closed document`, unit: "ms", values: result },
        {
          name: "sustained, processor outside InfluxDB and Temporal",
          unit: "cores",
          values: [sum(counted.map(([, share]) => share))],
          aim: "≤ 0.5",
        },
        ...counted.map(([name, share]) => ({ name: `sustained, processor of ${name}`, unit: "cores" as const, values: [share] })),
      ];
    };
  },
};
