import { randomBytes } from "node:crypto";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readEnvironment } from "../../../infra/config.ts";
import { auditCatalog, auditTraces, readCatalog } from "./catalog.ts";
import type { Unit } from "./finding.ts";

const container = `audit-${randomBytes(4).toString("hex")}`;
let mongo: MongoClient;
beforeAll(async () => void (mongo = await new MongoClient(readEnvironment().SLUICE_MONGO_URL).connect()));
afterAll(async () => {
  await mongo.db("swift").collection(container).drop();
  for (const name of ["traces", "quarantine"]) await mongo.db("sluice").collection(name).deleteMany({ container });
  await mongo.close();
});

it("of the chaos suite misses a last version that nothing tells the end of, and finds in quarantine what nobody put", async () => {
  const unit = (key: string): [string, Unit] => [`${container}/${key}`, { container, key, content, older: [], unpacked: false }];
  const content: Unit["content"] = { bytes: Buffer.from("x"), expected: { state: "processed" } };
  const units = new Map([unit("right"), unit("stale")]);
  const entry = (_id: string, swift_object_id: string) => ({ _id, state: "processed", version: "v2", object_number: 1, swift_object_id });
  const trace = (key: string, version: string) => ({ _id: `r/${container}/${key}`, container, key, version, outcome: "processed" });
  const named = (database: string, name: string) =>
    mongo.db(database).collection<{ readonly _id: string; readonly container?: string }>(name);
  await named("swift", container).insertMany([entry("right", "1"), entry("stale", "2")]);
  await named("sluice", "traces").insertMany([trace("right", "v2"), trace("stale", "v1")]);
  await named("sluice", "quarantine").insertOne({ _id: `${container}/stranger`, container });

  const catalog = await readCatalog(mongo, [container]);
  expect(await auditTraces(mongo, units, catalog)).toMatchObject({
    lost: [expect.stringContaining(`${container}/stale@v2`)],
    duplicated: [],
  });
  expect(await auditCatalog(mongo, units, catalog)).toMatchObject({ lost: [], left: [expect.stringContaining(`${container}/stranger`)] });
});
