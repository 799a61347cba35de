import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workContainer } from "../../activities/work/work-area.ts";
import { claimId, createIndexes } from "../../infra/catalog.ts";
import type { CatalogDocument, Operation } from "../../sdk/contracts/catalog.ts";
import { type Engine, startEngine } from "./engine.ts";
import { startOwnMongo } from "./own-mongo.ts";
import { until } from "./until.ts";

let mongo: Awaited<ReturnType<typeof startOwnMongo>>;
let engine: Engine;
beforeAll(async () => {
  mongo = await startOwnMongo();
  engine = await startEngine({ env: { ...mongo.env, SLUICE_RECONCILE_GRACE: "1ms" } });
}, 180_000);
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await mongo?.[Symbol.asyncDispose]();
});

async function loseCatalog(): Promise<void> {
  for (const name of ["swift", "sluice", "stats"]) await engine.catalog.database(name).dropDatabase();
}

/** What a document says, but for the instants at which it was written. */
function essence({ creation_date, state_since, successful_operations, failed_operations, ...rest }: CatalogDocument) {
  const named = (operations: readonly Operation[]) => operations.map(({ execution_date: _date, ...operation }) => operation);
  expect([creation_date, state_since].every((time) => time instanceof Date)).toBe(true);
  return { ...rest, successful_operations: named(successful_operations), failed_operations: named(failed_operations) };
}

type Essence = ReturnType<typeof essence>;

async function essences(): Promise<readonly Essence[]> {
  return (await engine.catalog.documents(engine.container).find().sort({ _id: 1 }).toArray()).map(essence);
}

const landedAs = (documents: readonly Essence[], key: string) => documents.find((document) => document.key === key) as Essence;

/** What is kept of who asked for what, but for how many runs were forgotten, and whoever rebuilt it. */
async function auditWithoutTimes(): Promise<readonly object[]> {
  const entries = await engine.catalog.audit
    .find({ action: { $ne: "rebuild" } })
    .sort({ _id: 1 })
    .toArray();
  return entries.map(({ at, counts, ...entry }) => {
    expect(at).toBeInstanceOf(Date);
    const { runs: _runs, ...others } = counts ?? {};
    return { ...entry, counts: others };
  });
}

async function forget(key: string, container = engine.container): Promise<void> {
  const { id } = await engine.client.forget({ container, key });
  await until(`${key} is forgotten`, 60_000, async () => (await engine.client.forgetting(id)).state === "completed");
}

const lost = { cause: { cause: { type: "CATALOG_LOST" } } };

async function byTheClock<Result>(workflow: string, input: object): Promise<Result> {
  return await engine.temporal.client.workflow.execute<(input: object) => Promise<Result>>(workflow, {
    taskQueue: engine.container,
    workflowId: `${workflow}/${engine.container}-${performance.now()}`,
    args: [input],
  });
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
      await engine.put("twice.json", '{"name": "Ada"}', { type: "application/json" }),
      await engine.put("back.json", '{"name": "Ada"}', { type: "application/json" }),
    ];
    const upload = await engine.client.put(engine.container, "said.bin", new TextEncoder().encode(readings([9])), {
      metadata: { declared_type: "text/csv", swift_user: "ada", application: "weather", other_data: { room: "302" } },
    });
    await engine.outcomes([...landed, upload]);
    await engine.outcome(
      await engine.put("document.json", '{"name": "a newer roof"}', { type: "application/json", metadata: { owner: "somebody" } }),
    );
    // Of a group, so that its history stays.
    const container = engine.quiet;
    const members = ["grouped.json", "neighbour.json", "another.json"];
    const group = await Promise.all(
      members.map((key) => engine.put(key, '{"name": "Ada"}', { container, type: "application/json", metadata: { owner: "Ada" } })),
    );
    await engine.announce(group);
    await engine.outcomes(group);
    const ofGroup = await engine.catalog.traces.find({ container }).toArray();
    expect(new Set(ofGroup.map(({ run_id }) => run_id)).size).toBe(1);
    await forget("to be forgotten.json");
    await forget("grouped.json", container);
    for (const key of ["twice.json", "back.json"]) {
      await forget(key);
      await engine.outcome(await engine.put(key, '{"name": "Grace"}', { type: "application/json" }));
    }
    await forget("twice.json");
    const { id: again } = await engine.client.reprocess({ selection: { objects: [`${engine.container}/back.json`] } });
    await until("it is processed again", 60_000, async () => (await engine.client.reprocessing(again)).state === "completed");
    // Some of the histories are in the archive, those of what comes now are only in Temporal.
    await byTheClock("archive", { overlap: 0 });
    await engine.outcome(await engine.put("late.txt", "a late text", { type: "text/plain" }));

    const audit = await auditWithoutTimes();
    const before = await essences();
    const [quarantine, traces] = [await engine.catalog.quarantine.find().toArray(), await tracesWithoutTimes()];
    const highest = Math.max(
      ...(await engine.catalog.documents(engine.container).find().toArray()).map(({ object_number }) => object_number),
    );
    await loseCatalog();
    await expect(byTheClock("reconcile", {})).rejects.toMatchObject(lost);
    await until("the command line says what to do", 30_000, async () =>
      (await engine.sluice("reconcile")).stdout.includes("run `sluice catalog rebuild`"),
    );
    const looked = JSON.parse((await engine.sluice("catalog", "rebuild", "--dry-run", "--json")).stdout) as object;
    expect(looked).toMatchObject({ state: "completed", result: { listed: 11, unknown: 11, unreadable: 0 } });
    expect(await engine.catalog.documents(engine.container).countDocuments()).toBe(0);

    const { stdout } = await engine.sluice("catalog", "rebuild");
    expect(stdout).toContain("0 of 11 objects in the stores are known by nothing but the store");
    const after = await essences();
    const once = ["to be forgotten.json", "twice.json", "back.json"];
    const isOther = ({ key }: { readonly key: string }) => !once.includes(key);
    expect(after.filter(isOther)).toEqual(before.filter(isOther));
    // The histories of their runs went with them.
    for (const key of once.slice(0, 2)) {
      const { version } = landedAs(before, key);
      expect(landedAs(after, key)).toMatchObject({ state: "forgotten", receipts: [], other_data: {}, version });
      expect(await engine.catalog.claims.findOne({ _id: claimId(engine.container, key, version) })).toMatchObject({ outcome: "forgotten" });
    }
    expect(landedAs(after, "back.json")).toEqual({ ...landedAs(before, "back.json"), successful_count: expect.any(Number) });
    const grouped = {
      document: await engine.catalog.documents(container).findOne({ _id: "grouped.json" }),
      claim: await engine.catalog.claims.findOne({ _id: claimId(container, "grouped.json", group[0]?.version ?? "") }),
      trace: await engine.catalog.traces.findOne({ container, key: "grouped.json" }),
    };
    expect(grouped).toMatchObject({
      document: { state: "forgotten", version: group[0]?.version, receipts: [], successful_count: 1 },
      claim: { outcome: "forgotten" },
      trace: { outcome: "processed" },
    });
    expect(JSON.stringify(grouped)).not.toMatch(/Ada|receipt":/);
    expect(await auditWithoutTimes()).toEqual(audit);
    expect((await engine.catalog.quarantine.find().toArray()).map(({ key, reason }) => [key, reason.code])).toEqual(
      quarantine.map(({ key, reason }) => [key, reason.code]),
    );
    expect((await tracesWithoutTimes()).filter(isOther)).toEqual(traces.filter(isOther));
    expect(await engine.catalog.allocateNumbers(1)).toBeGreaterThan(highest);

    const older = await engine.client.document(engine.container, "points.csv");
    const newer = await engine.outcome(await engine.put("points.csv", readings([1, 2, 3]), { type: "text/csv" }));
    expect(await Promise.all([...older.receipts, ...newer.receipts].map((receipt) => engine.readBack.count(receipt)))).toEqual([0, 3]);

    const unannounced = await engine.put("unannounced.txt", "nobody said so", { container, type: "text/plain" });
    expect(await byTheClock("reconcile", {})).toMatchObject({ found: 1, started: 1, processed: 1, findings: { unannounced: 1 } });
    expect(await engine.states([unannounced])).toMatchObject([{ state: "processed" }]);

    // Again, it changes nothing.
    const first = await essences();
    await engine.sluice("catalog", "rebuild");
    expect(await essences()).toEqual(first);
  });

  it("forgets what old runs left for others to begin in their middle, and not what younger ones did", async () => {
    const landed = await engine.put("again/chain/large", `large ${engine.container}`, { type: "application/json" });
    await engine.outcome(landed);
    const { run_id } = await engine.client.document(engine.container, landed.key);
    const kept = async () => (await engine.catalog.results.findOne({ _id: `${run_id}/${engine.container}/${landed.key}` }))?.works ?? [];
    const [work = ""] = await kept();
    const prune = (keep: number) => byTheClock("prune", { keep });
    await prune(3_600_000);
    expect([await kept(), await engine.store.head(workContainer, work)]).toMatchObject([[work], { key: work }]);
    await prune(0);
    expect([await kept(), await engine.store.head(workContainer, work)]).toEqual([[], undefined]);
  });

  it("is backed up while the lake goes on, and restored as it was", async () => {
    const file = join(engine.home, "catalog.jsonl.gz");
    const { container } = engine;
    await engine.sluice("catalog", "backup", file);
    await engine.sluice("catalog", "backup", "--to-lake");
    const before = [
      await engine.catalog.documents(container).find().sort({ _id: 1 }).toArray(),
      await engine.catalog.claims.find().sort({ _id: 1 }).toArray(),
    ];
    for (const from of [[file], ["--from-lake"]]) {
      await loseCatalog();
      await createIndexes(engine.catalog);
      await engine.sluice("catalog", "restore", ...from);
      expect([
        await engine.catalog.documents(container).find().sort({ _id: 1 }).toArray(),
        await engine.catalog.claims.find().sort({ _id: 1 }).toArray(),
      ]).toEqual(before);
    }
    await expect(engine.sluice("catalog", "restore", file)).rejects.toMatchObject({
      stderr: expect.stringContaining("The catalog is not empty") as string,
    });
    // Nor does archiving tell the catalog what happened since the backup.
    await byTheClock("archive", { overlap: 0 });
    await expect(byTheClock("reconcile", {})).rejects.toMatchObject(lost);
    expect(await engine.outcome(await engine.put("after.txt", "x", { type: "text/plain" }))).toMatchObject({ state: "processed" });
  });
});
