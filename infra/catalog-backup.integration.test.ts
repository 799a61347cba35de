import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";
import { Long } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backupOf, restoreBackup, verifyBackup } from "./catalog-backup.ts";
import { type Catalog, newDocument, openCatalog } from "./catalog.ts";
import { readEnvironment } from "./config.ts";

const mark = `backup-${randomBytes(4).toString("hex")}`;
let opened: Catalog;
/** The catalog under names of its own, so that nobody else's is touched. */
let catalog: Catalog;

beforeAll(async () => {
  opened = await openCatalog(readEnvironment());
  const database = (name: string) => opened.database(name === "admin" ? name : `${mark}-${name}`);
  catalog = {
    ...opened,
    database,
    counter: database("stats").collection("swift"),
    claims: database("sluice").collection("claims"),
    traces: database("sluice").collection("traces"),
    attempts: database("sluice").collection("attempts"),
    documents: (container: string) => database("swift").collection(container),
    indexAnew: async () => {},
    raiseCounter: async () => {
      await database("stats")
        .collection("swift")
        .updateOne({ type: "object_id_file" }, { $max: { object_id: Date.now() } }, { upsert: true });
    },
  };
});
afterAll(async () => {
  for (const name of ["sluice", "swift", "stats"]) await catalog.database(name).dropDatabase();
  await opened[Symbol.asyncDispose]();
});

async function fill(): Promise<void> {
  const documents = Array.from({ length: 1_200 }, (_, index) => ({
    ...newDocument({ container: "campus", key: `${index}.csv`, store: "s3", number: index + 1, now: new Date(index) }),
    other_data: { deep: { list: [1, 2.5, null, "ü\n\u2028"] }, empty: {} },
  }));
  await catalog.documents("campus").insertMany(documents);
  await catalog.claims.insertOne({ _id: "a", workflow_id: "w", run_id: "r", arrival: "1", claimed: new Date() });
  await catalog
    .database("sluice")
    .collection("odd")
    .insertOne({ long: Long.fromString("9007199254740993"), bytes: Buffer.from("x"), at: new Date(0) });
  await catalog.counter.insertOne({ type: "object_id_file", object_id: 1_200 });
  await catalog.database("stats").collection("swift").insertOne({ swift_id: "7", swift_container: "campus" });
}

async function everything() {
  const all: { [name: string]: unknown } = {};
  for (const [database, ...collections] of [
    ["sluice", "claims", "odd"],
    ["swift", "campus"],
    ["stats", "swift"],
  ] as const)
    for (const name of collections)
      all[name] = await catalog
        .database(database)
        .collection(name)
        .find({}, { promoteValues: false, promoteLongs: false })
        .sort({ _id: 1 })
        .toArray();
  return all;
}

async function backup() {
  const { content, summary } = backupOf(catalog);
  const bytes = await buffer(content);
  return { bytes, summary: await summary };
}

const stream = (bytes: Buffer) => Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "",
    (error: { code: string }) => error.code,
  );

describe("a backup of the catalog", () => {
  it("puts back exactly what was there, with a counter above all that was ever given", async () => {
    await fill();
    const before = await everything();
    const { bytes, summary } = await backup();
    expect(summary).toMatchObject({ documents: 1_204, collections: { "swift.campus": 1_200, "sluice.odd": 1, "stats.swift": 2 } });
    expect(await verifyBackup(stream(bytes), "it")).toEqual(summary);
    for (const name of ["sluice", "swift", "stats"]) await catalog.database(name).dropDatabase();

    const since = Date.now();
    await restoreBackup(catalog, stream(bytes), { where: "it", replace: false });
    const { swift: counters, ...after } = await everything();
    const { swift: countersBefore, ...rest } = before;
    expect(after).toEqual(rest);
    expect(counters).toHaveLength((countersBefore as unknown[]).length);
    expect((await catalog.counter.findOne({ type: "object_id_file" }))?.object_id).toBeGreaterThanOrEqual(since);
  });

  it("takes the place of what is there only where that is said", async () => {
    const { bytes } = await backup();
    await catalog
      .documents("campus")
      .insertOne(newDocument({ container: "campus", key: "newer", store: "s3", number: 5_000, now: new Date() }));
    expect(await codeOf(restoreBackup(catalog, stream(bytes), { where: "it", replace: false }))).toBe("CATALOG_NOT_EMPTY");
    await restoreBackup(catalog, stream(bytes), { where: "it", replace: true });
    expect(await catalog.documents("campus").countDocuments()).toBe(1_200);
  });

  it("is refused where it is not whole", async () => {
    const { bytes } = await backup();
    const text = String(gunzipSync(bytes));
    const changed = gzipSync(text.replace("5.csv", "6.csv"));
    const shortened = gzipSync(text.split("\n").toSpliced(5, 1).join("\n"));
    expect(await codeOf(verifyBackup(stream(bytes.subarray(0, bytes.length / 2)), "it"))).toBe("BROKEN_BACKUP");
    expect(await codeOf(verifyBackup(stream(changed), "it"))).toBe("BROKEN_BACKUP");
    expect(await codeOf(verifyBackup(stream(shortened), "it"))).toBe("BROKEN_BACKUP");
    const cut = gzipSync(`${text.slice(0, text.indexOf("\n"))}\n"swift.campus"\t{"_id":`);
    expect(await codeOf(restoreBackup(catalog, stream(cut), { where: "it", replace: true }))).toBe("BROKEN_BACKUP");
    expect(await codeOf(verifyBackup(stream(Buffer.from("x".repeat(200))), "it"))).toBe("NO_BACKUP");
    expect(await codeOf(verifyBackup(stream(gzipSync('{"a": 1}\n')), "it"))).toBe("NO_BACKUP");
    expect(await codeOf(verifyBackup(stream(gzipSync(text.replace(/"sluice_catalog":\d+/, '"sluice_catalog":99'))), "it"))).toBe(
      "NEWER_BACKUP",
    );
  });
});
