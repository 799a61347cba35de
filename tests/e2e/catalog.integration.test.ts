import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createIndexes } from "../../infra/catalog.ts";
import type { CatalogDocument, Operation } from "../../sdk/contracts/catalog.ts";
import { type Engine, startEngine } from "./engine.ts";
import { startOwnMongo } from "./own-mongo.ts";
import { until } from "./until.ts";

let mongo: Awaited<ReturnType<typeof startOwnMongo>>;
let engine: Engine;
beforeAll(async () => {
  mongo = await startOwnMongo();
  engine = await startEngine({ env: mongo.env });
}, 180_000);
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await mongo?.[Symbol.asyncDispose]();
});

const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

async function sluice(...words: readonly string[]) {
  const given = Object.fromEntries(
    Object.entries(engine.env).filter(([, value]) => typeof value === "string" && value !== ""),
  ) as NodeJS.ProcessEnv;
  const flags = ["--conditions=sluice-source", "--disable-warning=ExperimentalWarning"];
  return await promisify(execFile)(process.execPath, [...flags, main, ...words], { env: { PATH: process.env["PATH"], ...given } });
}

async function loseCatalog(): Promise<void> {
  for (const name of ["swift", "sluice", "stats"]) await engine.catalog.database(name).dropDatabase();
}

/** What a document says, but for the instants at which it was written. */
function essence({ creation_date, state_since, successful_operations, failed_operations, ...rest }: CatalogDocument) {
  const named = (operations: readonly Operation[]) => operations.map(({ execution_date: _date, ...operation }) => operation);
  expect([creation_date, state_since].every((time) => time instanceof Date)).toBe(true);
  return { ...rest, successful_operations: named(successful_operations), failed_operations: named(failed_operations) };
}

async function essences(): Promise<readonly object[]> {
  return (await engine.catalog.documents(engine.container).find().sort({ _id: 1 }).toArray()).map(essence);
}

const readings = (values: readonly number[]) =>
  `time,sensor,value\n${values.map((value) => `2026-01-01T00:00:${String(value).padStart(2, "0")}Z,${engine.container},${value}\n`).join("")}`;

const tracesWithoutTimes = async () =>
  (await engine.catalog.traces.find({ container: engine.container }).sort({ _id: 1 }).toArray()).map(
    ({ closed: _closed, ...trace }) => trace,
  );

describe("the catalog", { timeout: 180_000 }, () => {
  it("is made anew after it was lost, and the next version replaces exactly what the last one wrote", async () => {
    const landed = [
      await engine.put("points.csv", readings([1, 2, 3, 4, 5]), { type: "text/csv" }),
      await engine.put("document.json", '{"name": "roof"}', { type: "application/json", metadata: { owner: "somebody" } }),
      await engine.put("broken.json", '{"name": }', { type: "application/json" }),
      await engine.put("to be forgotten.json", '{"name": "Ada"}', { type: "application/json" }),
    ];
    const upload = await engine.client.put(engine.container, "said.bin", new TextEncoder().encode(readings([9])), {
      metadata: { declared_type: "text/csv", swift_user: "ada", application: "weather", other_data: { room: "302" } },
    });
    await engine.outcomes([...landed, upload]);
    await engine.outcome(
      await engine.put("document.json", '{"name": "a newer roof"}', { type: "application/json", metadata: { owner: "somebody" } }),
    );
    const { id } = await engine.client.forget({ container: engine.container, key: "to be forgotten.json" });
    await until("it is forgotten", 60_000, async () => (await engine.client.forgetting(id)).state === "completed");
    // Some of the histories are in the archive, those of what comes now are only in Temporal.
    await engine.temporal.client.workflow.execute("archive", {
      taskQueue: engine.container,
      workflowId: `archive/${engine.container}`,
      args: [{ overlap: 0 }],
    });
    await engine.outcome(await engine.put("late.txt", "a late text", { type: "text/plain" }));

    const before = await essences();
    const [quarantine, traces] = [await engine.catalog.quarantine.find().toArray(), await tracesWithoutTimes()];
    const highest = Math.max(
      ...(await engine.catalog.documents(engine.container).find().toArray()).map(({ object_number }) => object_number),
    );
    await loseCatalog();
    const looked = JSON.parse((await sluice("catalog", "rebuild", "--dry-run", "--json")).stdout) as object;
    expect(looked).toMatchObject({ state: "completed", result: { listed: 6, unknown: 6, unreadable: 0 } });
    expect(await engine.catalog.documents(engine.container).countDocuments()).toBe(0);

    const { stdout } = await sluice("catalog", "rebuild");
    expect(stdout).toContain("0 of 6 objects in the stores are known by nothing but the store");
    const after = await essences();
    const forgotten = (document: object) => "key" in document && document.key === "to be forgotten.json";
    expect(after.filter((document) => !forgotten(document))).toEqual(before.filter((document) => !forgotten(document)));
    expect(after.find(forgotten)).toMatchObject({ state: "forgotten", receipts: [], other_data: {} });
    expect((await engine.catalog.quarantine.find().toArray()).map(({ key, reason }) => [key, reason.code])).toEqual(
      quarantine.map(({ key, reason }) => [key, reason.code]),
    );
    const ofOthers = (trace: { readonly key: string }) => trace.key !== "to be forgotten.json";
    expect((await tracesWithoutTimes()).filter(ofOthers)).toEqual(traces.filter(ofOthers));
    expect(await engine.catalog.allocateNumbers(1)).toBeGreaterThan(highest);

    const older = await engine.client.document(engine.container, "points.csv");
    const newer = await engine.outcome(await engine.put("points.csv", readings([1, 2, 3]), { type: "text/csv" }));
    expect(await Promise.all([...older.receipts, ...newer.receipts].map((receipt) => engine.readBack.count(receipt)))).toEqual([0, 3]);

    // Again, it changes nothing.
    const once = await essences();
    await sluice("catalog", "rebuild");
    expect(await essences()).toEqual(once);
  });

  it("is backed up while the lake goes on, and restored as it was", async () => {
    const file = join(engine.home, "catalog.jsonl.gz");
    const { container } = engine;
    await sluice("catalog", "backup", file);
    await sluice("catalog", "backup", "--to-lake");
    const before = [
      await engine.catalog.documents(container).find().sort({ _id: 1 }).toArray(),
      await engine.catalog.claims.find().sort({ _id: 1 }).toArray(),
    ];
    for (const from of [[file], ["--from-lake"]]) {
      await loseCatalog();
      await createIndexes(engine.catalog);
      await sluice("catalog", "restore", ...from);
      expect([
        await engine.catalog.documents(container).find().sort({ _id: 1 }).toArray(),
        await engine.catalog.claims.find().sort({ _id: 1 }).toArray(),
      ]).toEqual(before);
    }
    const refused = await sluice("catalog", "restore", file).catch((error: { stderr: string }) => error);
    expect(refused.stderr).toContain("The catalog is not empty");
    expect(await engine.outcome(await engine.put("after.txt", "x", { type: "text/plain" }))).toMatchObject({ state: "processed" });
  });
});
