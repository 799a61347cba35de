import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Reprocessing } from "../../sdk/contracts/selection.ts";
import type { BulkLimits, BulkProgress, ReprocessInput } from "../../workflows/contract.ts";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

let engine: Engine;
beforeAll(async () => void (engine = await startEngine()));
afterAll(() => engine?.[Symbol.asyncDispose]());

const objects = 900;
/** Small, so that many runs have to follow each other. */
const limits: Partial<BulkLimits> = { page: 110, group: 15, groups: 12 };

/** As the gateway starts it, with limits of the test. */
async function start(id: string, reprocessing: Reprocessing): Promise<string> {
  await engine.temporal.client.workflow.start<(input: ReprocessInput) => Promise<BulkProgress>>("reprocess", {
    taskQueue: engine.container,
    workflowId: `reprocess/${engine.container}-${id}`,
    args: [{ reprocessing, limits }],
  });
  return `${engine.container}-${id}`;
}

const ended = (id: string) =>
  until(`the reprocessing ${id} has ended`, 60_000, async () => {
    const run = await engine.client.reprocessing(id);
    return ["completed", "failed", "cancelled"].includes(run.state) && run;
  });

const processedAtLeast = (id: string, least: number) =>
  until(`${least} are processed`, 60_000, async () => {
    const run = await engine.client.reprocessing(id);
    return run.processed >= least && run;
  });

/** How many objects were processed how often. */
async function countsOfOperations(): Promise<{ readonly [times: string]: number }> {
  const documents = await engine.catalog.documents(engine.quiet).find().project({ successful_count: 1 }).toArray();
  return Object.fromEntries(
    [...Map.groupBy(documents, (document) => String(document["successful_count"]))].map(([times, some]) => [times, some.length]),
  );
}

async function executions(id: string) {
  return await Array.fromAsync(engine.temporal.client.workflow.list({ query: `WorkflowId = "reprocess/${id}"` }));
}

describe(`${objects} objects that are processed again`, () => {
  beforeAll(async () => {
    const keys = Array.from({ length: objects }, (_, number) => `again/many/${String(number).padStart(4, "0")}.txt`);
    const landed: Awaited<ReturnType<Engine["put"]>>[] = [];
    const open = keys.values();
    const putAll = async () => {
      for (const key of open) landed.push(await engine.put(key, "x", { container: engine.quiet, type: "text/plain" }));
    };
    await Promise.all(Array.from({ length: 24 }, putAll));
    await engine.announce(landed);
    await engine.outcomes(landed, 90_000);
  }, 120_000);

  it("are each processed exactly once more, though the worker is killed midway; no history grows long", async () => {
    const id = await start("killed", { selection: { containers: [engine.quiet] } });
    await processedAtLeast(id, 200);
    await engine.worker.kill();
    // What is known does not hang on a worker.
    const seen = await engine.client.reprocessing(id);
    expect(seen).toMatchObject({ state: "running", selected: objects });
    expect(seen.processed).toBeGreaterThanOrEqual(200);
    await engine.worker.start();
    const run = await ended(id);
    expect(run).toMatchObject({ state: "completed", selected: objects, started: objects, processed: objects, other: 0, failures: [] });
    expect(await countsOfOperations()).toEqual({ 2: objects });

    const runs = await until("Temporal lists all of its runs", 20_000, async () => {
      const found = await executions(id);
      return found.length >= 5 && found.some(({ status }) => status.name === "COMPLETED") && found;
    });
    expect(Math.max(...runs.map(({ historyLength }) => historyLength))).toBeLessThan(700);
  }, 120_000);

  it("wait while they are paused, go slowly where they are throttled, and stay where they are when cancelled", async () => {
    const before = await countsOfOperations();
    const id = await start("steered", { selection: { containers: [engine.quiet] }, rate: 40 });
    const slow = await processedAtLeast(id, 40);
    const seconds = (Date.parse(slow.at ?? "") - Date.parse(slow.since)) / 1_000;
    expect(slow.started).toBeLessThanOrEqual(40 * (seconds + 2));

    await engine.client.steerReprocessing(id, "pause");
    const paused = await until("it stands still", 20_000, async () => {
      const run = await engine.client.reprocessing(id);
      return run.state === "paused" && run.started === run.processed && run;
    });
    await engine.client.throttleReprocessing(id, null);
    await until("it knows no rate any more", 10_000, async () => (await engine.client.reprocessing(id)).rate === undefined);
    expect((await engine.client.reprocessing(id)).started).toBe(paused.started);

    await engine.client.steerReprocessing(id, "resume");
    await processedAtLeast(id, paused.processed + 100);
    await engine.client.steerReprocessing(id, "cancel");
    const run = await ended(id);
    expect(run.state).toBe("cancelled");
    expect(run.started).toBeLessThan(objects);
    expect(run, JSON.stringify(run)).toMatchObject({ processed: run.started });
    const [times] = Object.keys(before).map(Number) as [number];
    expect(await countsOfOperations()).toEqual({ [times]: objects - run.processed, [times + 1]: run.processed });
    await expect(engine.client.steerReprocessing(id, "pause")).rejects.toMatchObject({ code: "REPROCESSING_ENDED" });
  }, 60_000);
});

describe("two objects in one series and one hour", () => {
  const name = "e2e-one-series";
  const dagFile = (every: number, holds: boolean) => `
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { after, arrival, dag, object, rows, rule, task } from "sluice/sdk";
import { influxPoints } from "sluice/integrators";
import { z } from "zod";

const read = task({
  name: "read",
  in: object,
  out: rows(z.object({ sensor: z.string(), time: z.date(), value: z.number() })),
  async *run(object) {
    const { sensor, first } = JSON.parse(await object.text());
    for (let second = first; second < 600; second += ${2 * every}) {
      yield { sensor, time: new Date(Date.UTC(2026, 0, 1, 0, 0, second)), value: second / ${every} };
    }
  },
});

const hold = task({
  name: "hold",
  in: object,
  heartbeat: "2s",
  async run({ key }, { heartbeat, signal }) {
    const file = (name) => join(process.env["E2E_NOTES"] ?? "", encodeURIComponent(name));
    appendFileSync(file(key), "written\\n");
    while (${holds} && !existsSync(file("remove.flag"))) {
      heartbeat();
      await pause(50, undefined, { signal });
    }
  },
});

export default dag({
  name: "${name}",
  on: arrival({ container: "e2e-*", key: "${name}/**" }),
  flow(arrived) {
    const points = influxPoints(read(arrived), { measurement: "e2e_one_series", tags: ["sensor"], time: "time" });
    after([points], rule.allSuccess, () => hold(arrived));
  },
});
`;

  async function publish(every: number, holds: boolean): Promise<void> {
    const find = async () => (await engine.client.dags()).find((dag) => dag.name === name) && (await engine.client.dag(name));
    const before = await find();
    await writeFile(join(engine.dags, `${name}.ts`), dagFile(every, holds));
    await until("it is in force", 20_000, async () => {
      const now = await find();
      return now !== undefined && now.code["read"] !== before?.code["read"];
    });
  }

  /** All points of the series as the database tells them, by the object that they belong to. */
  async function points(): Promise<ReadonlyMap<number, string>> {
    const query = new URL("/query", engine.env.SLUICE_INFLUX_URL);
    query.searchParams.set("db", engine.env.SLUICE_INFLUX_DATABASE);
    query.searchParams.set("epoch", "ns");
    query.searchParams.set("q", `SELECT * FROM e2e_one_series WHERE sensor = '${engine.container}'`);
    const answer = (await (await fetch(query)).json()) as {
      readonly results: readonly {
        readonly series?: readonly { readonly columns: readonly string[]; readonly values: readonly (readonly unknown[])[] }[];
      }[];
    };
    const [series] = answer.results[0]?.series ?? [];
    const at = series?.columns.indexOf("object") ?? -1;
    const byObject = Map.groupBy(series?.values ?? [], (row) => Number(row[at]));
    return new Map([...byObject].map(([number, rows]) => [number, rows.map((row) => JSON.stringify(row)).join("\n")]));
  }

  const amount = (text: string | undefined) => (text === undefined ? 0 : text.split("\n").length);
  const numberOf = async (key: string) => (await engine.client.document(engine.container, key)).object_number;

  it("stay apart: one is processed again with fewer points and a SIGKILL between write and delete, the other keeps every byte", async () => {
    await publish(1, false);
    const [one, other] = [`${name}/one.json`, `${name}/other.json`];
    const put = (key: string, first: number) =>
      engine.put(key, JSON.stringify({ sensor: engine.container, first }), { type: "application/json" });
    await engine.outcomes([await put(one, 0), await put(other, 1)]);
    const [first, second] = [await numberOf(one), await numberOf(other)];
    const before = await points();
    expect([amount(before.get(first)), amount(before.get(second))]).toEqual([300, 300]);

    await publish(3, true);
    const { id } = await engine.client.reprocess({ selection: { objects: [`${engine.container}/${one}`] } });
    await until("the new points are written", 20_000, async () => (await engine.notes.of(one)).length === 2);
    const between = await points();
    const again = await numberOf(one);
    // A point that is written anew belongs to the new processing; the others still to the old one.
    expect([amount(between.get(first)), amount(between.get(again)), between.get(second)]).toEqual([200, 100, before.get(second)]);
    await engine.worker.kill();
    expect(await points()).toEqual(between);

    await engine.notes.raise("remove");
    await engine.worker.start();
    expect(await ended(id)).toMatchObject({ state: "completed", processed: 1, failures: [] });
    const after = await points();
    expect(new Set(after.keys())).toEqual(new Set([second, again]));
    expect(after.get(second)).toBe(before.get(second));
    expect(after.get(again)).toBe(between.get(again));
  }, 90_000);
});
