import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readEnvironment } from "../../infra/config.ts";
import { connectTemporalLazily, type Temporal } from "../../infra/temporal.ts";
import { openJournal } from "../journal/journal.ts";
import type { NewArrival } from "../journal/records.ts";
import { createDrain } from "./drain.ts";
import { groupBy, nameRun } from "./group.ts";
import { createTemporalRuns } from "./temporal-runs.ts";

const env = readEnvironment();
const taskQueue = `drain-${randomUUID()}`;
const log = { info() {}, warn() {}, error() {} };
const patience = { timeout: 20_000, interval: 50 };

let temporal: Temporal;
let connection: NativeConnection;
let worker: Worker;
let working: Promise<void>;
let folder: string;

beforeAll(async () => {
  // One of the runs fails because it is meant to.
  Runtime.install({ logger: new DefaultLogger("ERROR") });
  temporal = connectTemporalLazily(env);
  connection = await NativeConnection.connect({ address: env.SLUICE_TEMPORAL_ADDRESS });
  const workflowsPath = new URL("./ingest.fixture.ts", import.meta.url).pathname;
  worker = await Worker.create({ connection, namespace: temporal.namespace, taskQueue, workflowsPath });
  working = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await working;
  await connection.close();
  await temporal[Symbol.asyncDispose]();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-drain-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function gateway(address = temporal) {
  const select = groupBy({ count: 10, bytes: 1e6, aloneBytes: 1e5 });
  const journal = openJournal({ path: join(folder, "journal.sqlite"), limit: 1_000, select, nameRun, window: 20 });
  const runs = createTemporalRuns({ client: address.client, taskQueue, site: "here" });
  const drain = createDrain({ queue: journal.queue, runs, limits: { openRuns: 4, startedArrivals: 100 }, log });
  journal.onArrival(() => drain.wake());
  drain.start();
  return {
    journal,
    runs,
    async [Symbol.asyncDispose]() {
      await drain[Symbol.asyncDispose]();
      await journal[Symbol.asyncDispose]();
    },
  };
}

function arrival(key: string, size = 10): NewArrival {
  return { store: "s3", tenant: "campus", container: "campus", key, size, time: "2026-01-01T00:00:00Z", door: "s3" };
}

describe("the drain on a real Temporal", () => {
  it("leads arrivals through runs whose ids, attributes and summaries say what they are about", async () => {
    await using lake = gateway();
    const [first = ""] = await lake.journal.add([arrival('Dächer/süd "1".csv')]);
    await expect.poll(() => lake.journal.get(first), patience).toMatchObject({ state: "closed", outcome: "processed" });
    const record = lake.journal.get(first);
    const handle = temporal.client.workflow.getHandle(record?.state === "closed" ? record.workflowId : "");
    const run = await handle.describe();
    expect(run.workflowId).toBe(`ingest/campus/Dächer/süd "1".csv@${first}`);
    expect(run.searchAttributes).toMatchObject({
      SluiceContainer: ["campus"],
      SluiceTenant: ["campus"],
      SluiceSite: ["here"],
      SluiceObject: ['campus/Dächer/süd "1".csv'],
    });
    expect(await run.staticSummary()).toBe('campus/Dächer/süd "1".csv');
    expect(await run.staticDetails()).toBe('- `campus/Dächer/süd "1".csv` (s3, 2026-01-01T00:00:00Z)');
  });

  it("groups what comes together, and closes every arrival", async () => {
    await using lake = gateway();
    const ids = await lake.journal.add(Array.from({ length: 35 }, (_, index) => arrival(`many/${index}`)));
    await expect.poll(() => lake.journal.counts(), patience).toMatchObject({ waiting: 0, started: 0 });
    const closed = ids.map((id) => lake.journal.get(id));
    expect(closed.every((one) => one?.state === "closed" && one.outcome === "processed")).toBe(true);
    expect(new Set(closed.map((one) => (one?.state === "closed" ? one.workflowId : ""))).size).toBe(4);
  });

  it("takes a failed run for closed, with the reason of its failure", async () => {
    await using lake = gateway();
    const [id = ""] = await lake.journal.add([arrival("fail.csv")]);
    await expect
      .poll(() => lake.journal.get(id), patience)
      .toMatchObject({ state: "closed", outcome: "failed", reason: { code: "NOT_WELL" } });
    const record = lake.journal.get(id);
    expect(record?.state === "closed" && record.reason?.message).toMatch(/not well.*Temporal UI/);
  });

  it("follows an arrival that leaves its group into the run that goes on with it", async () => {
    await using lake = gateway();
    const [id = ""] = await lake.journal.add([arrival("leave-1"), arrival("stay")]);
    await expect
      .poll(() => lake.journal.get(id), patience)
      .toMatchObject({ state: "closed", outcome: "processed", workflowId: `alone/leave-1@${id}` });
  });

  it("takes up after a restart what was open, under the same workflow id", async () => {
    let id = "";
    {
      await using lake = gateway();
      [id = ""] = await lake.journal.add([arrival("wait-1")]);
      await expect.poll(() => lake.journal.get(id), patience).toMatchObject({ state: "started" });
      await expect.poll(() => isRunning(`ingest/campus/wait-1@${id}`), patience).toBe(true);
    }
    await using lake = gateway();
    await temporal.client.workflow.getHandle(`ingest/campus/wait-1@${id}`).signal("release");
    await expect.poll(() => lake.journal.get(id), patience).toMatchObject({ state: "closed", outcome: "processed" });
  });

  it("starts a run once, however often it is told to, and knows which runs there never were", async () => {
    await using lake = gateway();
    const [id = ""] = await lake.journal.add([arrival("once.csv")]);
    await expect.poll(() => lake.journal.get(id), patience).toMatchObject({ state: "closed" });
    const workflowId = `ingest/campus/once.csv@${id}`;
    const before = await temporal.client.workflow.getHandle(workflowId).describe();
    await lake.runs.start(workflowId, [{ id, ...arrival("once.csv") }]);
    expect((await temporal.client.workflow.getHandle(workflowId).describe()).runId).toBe(before.runId);
    const signal = new AbortController().signal;
    expect(await lake.runs.closed(workflowId, signal)).toMatchObject({ kind: "result", result: { outcomes: [{ outcome: "processed" }] } });
    expect(await lake.runs.closed("ingest/never", signal)).toEqual({ kind: "unknown" });
  });

  it("keeps arrivals while Temporal is away, and stops without waiting for it", async () => {
    await using nowhere = connectTemporalLazily({ ...env, SLUICE_TEMPORAL_ADDRESS: "127.0.0.1:1" });
    let id = "";
    {
      await using lake = gateway(nowhere);
      [id = ""] = await lake.journal.add([arrival("later.csv")]);
      await expect.poll(() => lake.journal.get(id), patience).toMatchObject({ state: "started" });
    }
    await using lake = gateway();
    await expect.poll(() => lake.journal.get(id), patience).toMatchObject({ state: "closed", outcome: "processed" });
  });
});

async function isRunning(workflowId: string): Promise<boolean> {
  const run = await temporal.client.workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => undefined);
  return run?.status.name === "RUNNING";
}
