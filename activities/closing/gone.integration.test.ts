import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Catalog, newDocument, openCatalog } from "../../infra/catalog.ts";
import { readEnvironment } from "../../infra/config.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import { terminal, toFailure } from "../../sdk/contracts/errors.ts";
import { recordGone } from "./gone.ts";

const container = `gone-${randomBytes(4).toString("hex")}`;
const run = { workflowId: "ingest/late", runId: "late" };
const failure = toFailure(terminal("OBJECT_GONE", "It is not there."));
const openRuns = new Set(["ingest/older older"]);
const isClosed = async (workflowId: string, runId = "") => !openRuns.has(`${workflowId} ${runId}`);

let catalog: Catalog;
beforeAll(async () => void (catalog = await openCatalog(readEnvironment())));
afterAll(async () => {
  await catalog.documents(container).drop();
  await catalog.quarantine.deleteMany({ container });
  await catalog[Symbol.asyncDispose]();
});

async function know(key: string, known: Partial<CatalogDocument>) {
  const fresh = newDocument({ container, key, store: "s3", number: await catalog.allocateNumbers(1), now: new Date() });
  await catalog.documents(container).insertOne({ ...fresh, ...known });
}

const arrivalOf = (key: string): Arrival => ({
  id: key,
  store: "s3",
  tenant: container,
  container,
  key,
  time: new Date().toISOString(),
  door: "s3",
});

it("tells of what the store does not hold, takes it out of quarantine, and leaves documents to runs that are at them and to what was forgotten", async () => {
  await know("processed", { state: "processed", run_id: "done" });
  await know("under way", { state: "processing", workflow_id: "ingest/older", run_id: "older" });
  await know("abandoned", { state: "processing", workflow_id: "ingest/dead", run_id: "dead" });
  await know("put aside", { state: "quarantined", run_id: "done" });
  await catalog.quarantine.insertOne({ _id: `${container}/put aside`, container, since: new Date() } as never);
  await know("forgotten", { state: "forgotten", run_id: "forget" });
  const keys = ["processed", "under way", "abandoned", "put aside", "forgotten", "never known"];
  await recordGone(
    { catalog, isClosed },
    keys.map((key) => ({ arrival: arrivalOf(key), failure })),
    run,
  );
  const documents = await catalog.documents(container).find().toArray();
  expect(Object.fromEntries(documents.map(({ _id, state, run_id }) => [_id, `${state} by ${run_id}`]))).toEqual({
    processed: "gone by late",
    "under way": "processing by older",
    abandoned: "gone by late",
    "put aside": "gone by late",
    forgotten: "forgotten by forget",
  });
  expect(await catalog.quarantine.countDocuments({ container })).toBe(0);
  const told = await Promise.all(keys.map((key) => catalog.traces.findOne({ _id: `late/${container}/${key}` })));
  expect(told.map((trace) => trace?.outcome)).toEqual(keys.map(() => "gone"));
});
