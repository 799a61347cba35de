import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readEnvironment } from "../../infra/config.ts";
import { createInfluxClient } from "../../infra/influx.ts";
import { createMongoClient } from "../../infra/mongo.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const mark = `written_${process.pid}`;
const env = readEnvironment();

const written = `import { arrival, dag, map, object, rows, task } from "sluice/sdk";
import { influxPoints, mongoDocuments } from "sluice/integrators";
import { z } from "zod";
const Reading = z.object({ sensor: z.string(), time: z.string(), value: z.number() });
const list = task({ name: "list", in: object, out: z.array(Reading), run: async (object) => z.array(Reading).parse(JSON.parse(await object.text())) });
const read = task({ name: "read", in: object, out: rows(Reading), async *run(object) { yield* z.array(Reading).parse(JSON.parse(await object.text())); } });
export default dag({
  name: "written",
  on: arrival({ container: "campus", types: ["application/json"] }),
  flow(object) {
    influxPoints(read(object), { measurement: "${mark}", tags: ["sensor"] });
    map(list(object), (reading) => mongoDocuments(reading, { collection: "${mark}" }));
  },
});
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-write-"));
  await writeFile(join(folder, "written.ts"), written);
  const readings = [1, 2, 3].map((value) => ({ sensor: "a", time: `2026-01-01T00:00:0${value}Z`, value }));
  await writeFile(join(folder, "readings.json"), JSON.stringify(readings));
});
afterAll(async () => {
  await using influx = createInfluxClient(env);
  await influx.query(`DROP MEASUREMENT "${mark}"`);
  await using mongo = createMongoClient(env);
  await mongo.db("processed").collection(mark).drop();
  await rm(folder, { recursive: true, force: true });
});

async function test(...words: readonly string[]) {
  const flags = ["--conditions=sluice-source", "--disable-warning=ExperimentalWarning"];
  const { stdout } = await execa(
    process.execPath,
    [...flags, main, "dags", "test", "written", join(folder, "readings.json"), "--dags", folder, "--json", ...words],
    { cwd: folder },
  );
  return JSON.parse(stdout) as { readonly status: string; readonly wrote: boolean };
}

async function held() {
  await using influx = createInfluxClient(env);
  await using mongo = createMongoClient(env);
  const [series = []] = await influx.query(`SELECT "value" FROM "${mark}"`);
  const documents = await mongo.db("processed").collection(mark).find().toArray();
  return [series.flatMap(({ values }) => values).length, documents.map(({ value }) => Number(value)).toSorted((one, other) => one - other)];
}

it(
  "dags test writes to nothing unless asked, and with --write to the very sinks, each item of a map by itself",
  { timeout: 90_000 },
  async () => {
    expect(await test()).toMatchObject({ status: "success", wrote: false });
    expect(await held()).toEqual([0, []]);
    expect(await test("--write")).toMatchObject({ status: "success", wrote: true });
    expect(await held()).toEqual([3, [1, 2, 3]]);
  },
);
