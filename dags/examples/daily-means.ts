/**
 * Rows in, rows out: a task between a parser and a database. It keeps a mean for each day and sensor and nothing
 * else, so it works on a file of any size.
 */
import { arrival, dag, mime, object, rows, task } from "sluice/sdk";
import { influxPoints } from "sluice/integrators";
import { z } from "zod";

const Reading = z.object({ sensor: z.string(), time: z.coerce.date(), value: z.coerce.number() });
const Mean = z.object({ sensor: z.string(), day: z.string(), mean: z.number(), count: z.number() });

export const readLines = task({
  name: "daily-read-lines",
  in: object,
  out: rows(Reading),
  async *run(object) {
    for (const line of (await object.text()).split("\n").filter(Boolean)) yield JSON.parse(line);
  },
});

export const averageByDay = task({
  name: "daily-average",
  in: rows(Reading),
  out: rows(Mean),
  async *run(readings) {
    const sums = new Map<string, { sensor: string; day: string; sum: number; count: number }>();
    for await (const { sensor, time, value } of readings) {
      const day = time.toISOString().slice(0, 10);
      const { sum, count } = sums.get(`${sensor}/${day}`) ?? { sum: 0, count: 0 };
      sums.set(`${sensor}/${day}`, { sensor, day, sum: sum + value, count: count + 1 });
    }
    for (const { sensor, day, sum, count } of sums.values()) yield { sensor, day, mean: sum / count, count };
  },
});

export default dag({
  name: "daily-means",
  // `custom`: for objects whose uploader asked for it (`sluice put --custom`).
  on: arrival({ container: "campus", key: "means/**", types: mime.jsonLines, dataProcessing: "custom" }),
  flow(object) {
    const means = averageByDay(readLines(object));
    influxPoints(means, { measurement: "daily_means", time: "day", tags: ["sensor"], fields: ["mean", "count"] });
  },
});
