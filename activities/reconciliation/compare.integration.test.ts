import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Catalog, newDocument, openCatalog } from "../../infra/catalog.ts";
import { readEnvironment } from "../../infra/config.ts";
import { connectS3 } from "../../infra/local/s3.ts";
import { createStores } from "../../infra/stores/index.ts";
import { type ObjectStore, versionOf } from "../../infra/stores/object-store.ts";
import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import type { ListingPart, Stretch } from "../../sdk/contracts/reconciliation.ts";
import { compareStretch } from "./compare.ts";

const minute = 60_000;
const run = { workflowId: "reconcile/test", runId: "test-run" };

describe.each(["versioned", "plain"])("a %s container's listing, held against the catalog,", (kind) => {
  const open = new AsyncDisposableStack();
  const env = readEnvironment();
  const container = `reconcile-${kind}-${randomBytes(4).toString("hex")}`;
  let catalog: Catalog;
  let store: ObjectStore;
  const openRuns = new Set<string>();

  beforeAll(async () => {
    catalog = open.use(await openCatalog(env));
    store = open.use(createStores(env)).get("s3");
    await store.createContainer(container);
    if (kind === "versioned") await connectS3(env).setBucketVersioning(container, { Status: "Enabled" });
  });
  afterAll(async () => {
    await catalog.documents(container).drop();
    await catalog.quarantine.deleteMany({ container });
    await open.disposeAsync();
  });

  /** As if ten minutes had passed since everything landed, unless it says otherwise. */
  async function compare(
    prefix: string,
    options: {
      readonly after?: string;
      readonly most?: number;
      readonly later?: number;
      readonly kind?: ListingPart["kind"];
      /** What it lists and looks at instead of the store itself. */
      readonly seen?: ObjectStore;
    } = {},
  ) {
    const { after = "", most = 10_000, later = 10 * minute, kind: part = "pass", seen = store } = options;
    const now = new Date(Date.now() + later);
    const isClosed = async (workflowId: string, runId = "") => !openRuns.has(`${workflowId} ${runId}`.trim());
    const mark = { begun: now.toISOString(), after, listed: 0 };
    const where: ListingPart = { store: "s3", container, prefix, after, kind: part, pass: mark };
    return await compareStretch({ catalog, store: seen, isClosed, now, recent: new Date(now.getTime() - minute) }, where, most, run);
  }

  let number = 0;
  async function put(key: string, known?: Partial<CatalogDocument>) {
    const stored = await store.put(container, key, Buffer.from(`${key} ${(number += 1)}`));
    if (known)
      await know(key, {
        version: versionOf(stored),
        size: stored.size,
        checksum: stored.etag,
        last_modified: stored.lastModified,
        ...known,
      });
    return stored;
  }
  async function know(key: string, known: Partial<CatalogDocument>) {
    const fresh = newDocument({ container, key, store: "s3", number: await catalog.allocateNumbers(1), now: new Date() });
    const { _id, ...document } = { ...fresh, state: "processed" as const, ...known };
    await catalog.documents(container).replaceOne({ _id }, document, { upsert: true });
  }
  const stateOf = async (key: string) => (await catalog.documents(container).findOne({ _id: key }))?.state;
  const findings = ({ found }: Stretch) => found.map(({ object, finding }) => `${object.key} ${finding}`);

  it("finds what has no document, another version, or was announced and never taken in", async () => {
    await put("a/known", {});
    await put("a/new");
    await put("a/overwritten", {});
    await put("a/overwritten");
    await put("a/uploaded", { state: "announced", version: "", size: 0, checksum: "" });
    await put("a/quarantined", { state: "quarantined" });
    await put("a/back", { state: "gone" });
    await put("a/forgotten", { state: "forgotten" });
    await store.put(container, "a/folder/", new Uint8Array());
    const stretch = await compare("a/");
    expect(findings(stretch)).toEqual(["a/back returned", "a/new unannounced", "a/overwritten changed", "a/uploaded unannounced"]);
    expect(stretch).toMatchObject({ listed: 8, known: 4, young: 0, gone: 0, settled: "a/uploaded" });
    expect(stretch.next).toBeUndefined();
    const stored = await store.head(container, "a/new");
    expect(stretch.found.find(({ object }) => object.key === "a/new")?.object).toMatchObject({
      store: "s3",
      container,
      size: stored?.size,
      etag: stored?.etag,
    });
  });

  it("leaves to its webhook what landed just now", async () => {
    await put("b/1", {});
    await put("b/2");
    await put("b/3", {});
    expect(await compare("b/", { later: 0 })).toMatchObject({ listed: 3, known: 2, young: 1, found: [], settled: "b/1" });
    expect(findings(await compare("b/"))).toEqual(["b/2 unannounced"]);
  });

  it("is not misled by a document that was touched since, nor by what another store holds", async () => {
    await put("c/touched", { last_modified: new Date() });
    await know("c/elsewhere", { store: "swift" });
    expect(await compare("c/")).toMatchObject({ listed: 1, known: 1, found: [], gone: 0 });
    expect(await stateOf("c/elsewhere")).toBe("processed");
  });

  it("finds what a run left half done, unless the run is at it, or one that it handed the object over to", async () => {
    const processing = { state: "processing" as const, state_since: new Date(), run_id: "r" };
    for (const key of ["d/abandoned", "d/handed-over", "d/open"]) await put(key, { ...processing, workflow_id: key });
    openRuns.add("d/open r").add("d/successor");
    const trace = { container, key: "d/handed-over", successor: "d/successor" };
    await catalog.traces.insertOne({ _id: `r/${container}/d/handed-over`, ...trace } as never);
    expect(findings(await compare("d/"))).toEqual(["d/abandoned stuck"]);
    // A minute has not passed since they were taken up.
    expect(findings(await compare("d/", { later: 0 }))).toEqual([]);
    openRuns.delete("d/successor");
    expect(findings(await compare("d/"))).toEqual(["d/abandoned stuck", "d/handed-over stuck"]);
  });

  it("marks as gone what the store does not hold any more, and says so in its trace", async () => {
    await put("e/deleted", {});
    await put("e/kept", {});
    await put("e/underway", { state: "processing", workflow_id: "w", run_id: "r" });
    for (const key of ["e/deleted", "e/underway"]) await store.delete(container, key);
    expect(await compare("e/")).toMatchObject({ listed: 1, gone: 1 });
    expect(await Promise.all(["e/deleted", "e/kept", "e/underway"].map(stateOf))).toEqual(["gone", "processed", "processing"]);
    expect(await catalog.traces.findOne({ _id: `test-run/${container}/e/deleted` })).toMatchObject({ outcome: "gone", door: "reconcile" });
    expect(await compare("e/")).toMatchObject({ gone: 0 });
  });

  it("takes what is gone out of quarantine, and leaves there what was put aside since", async () => {
    const later = 10 * minute;
    const since = { "ea/deleted": new Date(), "ea/newer": new Date(Date.now() + 2 * later), "ea/kept": new Date() };
    for (const [key, put_aside] of Object.entries(since)) {
      await put(key, { state: "quarantined" });
      await catalog.quarantine.insertOne({ _id: `${container}/${key}`, container, key, since: put_aside } as never);
    }
    for (const key of ["ea/deleted", "ea/newer"]) await store.delete(container, key);
    expect(await compare("ea/", { later })).toMatchObject({ listed: 1, gone: 2 });
    const left = await catalog.quarantine.find({ container }).sort({ _id: 1 }).toArray();
    expect(left.map(({ key }) => key)).toEqual(["ea/kept", "ea/newer"]);
  });

  it("says nothing of what a run has taken up while it was looked at", async () => {
    await put("g/back at once", {});
    await store.delete(container, "g/back at once");
    const seen: ObjectStore = {
      ...store,
      head: async (...where) => {
        const held = await store.head(...where);
        const taken = { state: "processing" as const, workflow_id: "w", run_id: "newer" };
        await catalog.documents(container).updateOne({ _id: "g/back at once" }, { $set: taken });
        return held;
      },
    };
    expect(await compare("g/", { seen })).toMatchObject({ gone: 0 });
    expect(await stateOf("g/back at once")).toBe("processing");
    expect(await catalog.traces.findOne({ _id: `test-run/${container}/g/back at once` })).toBeNull();
  });

  it("goes on where it stopped, meeting every key once, also where keys sort differently elsewhere", async () => {
    const keys = ["f/1", "f/2", "f/é", "f/\uffe5", "f/\u{1f321}", "f/\u{1f321}x"];
    for (const key of keys) await put(key, {});
    await put("f/3");
    const seen: Stretch[] = [];
    let after: string | undefined = "";
    while (after !== undefined) {
      const stretch = await compare("f/", { after, most: 2 });
      seen.push(stretch);
      after = stretch.next;
    }
    expect(seen.reduce((sum, { listed }) => sum + listed, 0)).toBe(7);
    expect(seen.flatMap(findings)).toEqual(["f/3 unannounced"]);
    expect(seen.map(({ gone }) => gone).every((gone) => gone === 0)).toBe(true);
    expect(await Promise.all(keys.map(stateOf))).toEqual(keys.map(() => "processed"));
  });

  it("of the tail alone is held against single documents, and takes none for gone", async () => {
    await put("g/1", {});
    await put("g/2", {});
    await put("g/3");
    await know("g/4", {});
    expect(await compare("", { after: "g/1", kind: "tail" })).toMatchObject({ listed: 2, known: 1, gone: 0 });
    expect(await stateOf("g/4")).toBe("processed");
  });

  it("leaves a predecessor's documents to it, and finds them by their ids", async () => {
    await store.put(container, "4711", Buffer.from("the predecessor's"));
    const document = { swift_object_id: "4711", swift_container: container, original_object_name: "old.csv" };
    await catalog.database("swift").collection(container).insertOne(document);
    expect(await compare("4711")).toMatchObject({ listed: 1, known: 1, found: [] });
  });
});
