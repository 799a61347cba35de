import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readEnvironment } from "./config.ts";
import { createInfluxClient, type InfluxClient } from "./influx.ts";

let influx: InfluxClient;
const database = `turns_${randomBytes(4).toString("hex")}`;
beforeAll(async () => {
  influx = createInfluxClient(readEnvironment({ ...process.env, SLUICE_INFLUX_DATABASE: database }));
  await influx.createDatabase();
});
afterAll(async () => {
  await influx.query(`DROP DATABASE "${database}"`);
  await influx[Symbol.asyncDispose]();
});

it("finds every point that was written while all others of its series were deleted", async () => {
  const series = Array.from({ length: 400 }, (_, number) => `s${number}`);
  for (const name of series) {
    await influx.write(`turns,series=${name} value=1 1000000000`);
    await Promise.all([
      influx.query(`DELETE FROM "turns" WHERE "series" = '${name}' AND time = '1970-01-01T00:00:01Z'`),
      influx.write(`turns,series=${name} value=2 2000000000`),
    ]);
  }
  const [found = []] = await influx.query(`SELECT "value" FROM "turns" GROUP BY "series"`);
  expect(new Set(found.map(({ tags }) => tags?.["series"]))).toEqual(new Set(series));
  expect(found.flatMap(({ values }) => values.map(([, value]) => value))).toEqual(series.map(() => 2));
});
