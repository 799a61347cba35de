import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ObjectSummary } from "../../gateway/client.ts";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

let engine: Engine;
beforeAll(async () => void (engine = await startEngine()));
afterAll(() => engine?.[Symbol.asyncDispose]());

const putList = (key: string, wish: object) => engine.put(key, JSON.stringify(wish), { type: "application/json" });

/** What the task behind the map found of its list. */
async function found(object: ObjectSummary) {
  const { key } = object;
  return await engine.catalog
    .database("processed")
    .collection("e2e_mapped")
    .findOne({ "_object.container": engine.container, "_object.key": key });
}

/** How often each item's body ran. */
async function bodyRuns(key: string): Promise<ReadonlyMap<string, number>> {
  const runs = new Map<string, number>();
  for (const item of await engine.notes.of(key)) runs.set(item, (runs.get(item) ?? 0) + 1);
  return runs;
}

/** Events in the longest history among an object's run and its children. */
async function longestHistory(key: string): Promise<{ readonly runs: number; readonly longest: number }> {
  const { document } = await engine.trace(key);
  const runs = await until("Temporal lists the runs", 20_000, async () => {
    const found = await engine.runs(`WorkflowId STARTS_WITH "${document?.workflow_id}"`);
    return found.length > 0 && found.every(({ status }) => status.name !== "RUNNING") && found;
  });
  return { runs: runs.length, longest: Math.max(...runs.map(({ historyLength }) => historyLength ?? 0)) };
}

describe("a map", { timeout: 180_000 }, () => {
  it("goes over 10,000 items, in order, in histories of bounded length", async () => {
    const key = "mapped/strict/10000";
    const object = await engine.outcome(await putList(key, { items: 10_000 }), 120_000);
    expect(object.state).toBe("processed");
    expect(await found(object)).toMatchObject({ items: 10_000, ordered: true });
    expect([...(await bodyRuns(key)).values()].every((runs) => runs === 1)).toBe(true);
    const { runs, longest } = await longestHistory(key);
    expect(runs).toBeGreaterThan(1);
    expect(longest).toBeLessThan(1_000);
  });

  it("goes over 100,000 items, some of which fail: each is tried again by itself, and traced", async () => {
    const key = "mapped/tolerant/100000";
    const object = await engine.outcome(await putList(key, { items: 100_000, stumble: 1_000, fall: 25_000 }), 170_000);
    expect(object.state).toBe("processed");
    expect(await found(object)).toMatchObject({ items: 100_000, failed: 4, ordered: true });

    const runs = await bodyRuns(key);
    expect(runs.size).toBe(100_000);
    const repeated = [...runs].filter(([, times]) => times > 1).map(([item]) => Number(item));
    expect(repeated.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index * 1_000 + 999));
    const steps = (await engine.trace(key)).runs[0]?.dags[0]?.steps ?? [];
    const failed = steps.filter(({ node, status }) => status === "failed" && node.includes("["));
    expect(failed.map(({ node, failure }) => [node.replace(/^.*\[/, "["), failure?.code])).toEqual(
      [24_999, 49_999, 74_999, 99_999].map((item) => [`[${item}]`, "FELL"]),
    );
    expect((await longestHistory(key)).longest).toBeLessThan(10_000);
  });

  it("keeps its histories short also where every item has to be done again by itself", async () => {
    const key = "mapped/strict/all stumble";
    const object = await engine.outcome(await putList(key, { items: 3_000, stumble: 1 }), 120_000);
    expect(await found(object)).toMatchObject({ items: 3_000, ordered: true });
    expect([...(await bodyRuns(key)).values()].every((runs) => runs === 2)).toBe(true);
    expect((await longestHistory(key)).longest).toBeLessThan(10_000);
  });

  it("fails as a whole where more items fail than it tolerates", async () => {
    const object = await engine.outcome(await putList("mapped/tolerant/too many", { items: 1_000, fall: 50 }), 60_000);
    expect(object).toMatchObject({ state: "quarantined" });
    expect(object.reason?.message).toMatch(/20 of (its )?1,?000/);
  });

  it("fails with its first item where it tolerates none", async () => {
    const object = await engine.outcome(await putList("mapped/strict/one falls", { items: 100, fall: 100 }), 60_000);
    expect(object).toMatchObject({ state: "quarantined", reason: { code: "FELL" } });
  });

  it("repeats at most one window for each worker that is killed", async () => {
    const key = "mapped/strict/killed";
    const landed = await putList(key, { items: 4_000, pause: 50 });
    await until("it is well underway", 60_000, async () => (await engine.notes.of(key)).length > 1_200);
    await engine.worker.kill();
    await engine.worker.start();
    const object = await engine.outcome(landed, 150_000);
    expect(await found(object)).toMatchObject({ items: 4_000, ordered: true });
    const runs = await bodyRuns(key);
    expect(runs.size).toBe(4_000);
    const repeated = [...runs].filter(([, times]) => times > 1).map(([item]) => Number(item));
    const windows = new Set(repeated.map((item) => Math.floor(item / 500)));
    expect(Math.max(...runs.values())).toBeLessThanOrEqual(2);
    expect(windows.size).toBeLessThanOrEqual(1);
  });
});
