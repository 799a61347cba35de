import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ObjectSummary, TraceRun } from "../../gateway/client.ts";
import { type Engine, startEngine } from "./engine.ts";
import type { Landed } from "./observe.ts";
import { until } from "./until.ts";

let engine: Engine;
beforeAll(async () => void (engine = await startEngine({ keepsEvents: true })));
afterAll(() => engine?.[Symbol.asyncDispose]());

const keysOf = (folder: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${folder}/${String(index).padStart(3, "0")}.json`);

/** Puts small JSON documents, sixteen at once. */
async function putAll(keys: readonly string[], contentOf: (key: string) => string): Promise<readonly Landed[]> {
  const landed: Landed[] = [];
  const open = keys.entries();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const [index, key] of open) landed[index] = await engine.put(key, contentOf(key), { type: "application/json" });
    }),
  );
  return landed;
}

const document = (key: string) => JSON.stringify({ name: key, size: key.length });

/** Objects whose document in MongoDB is not exactly the one that was put. */
async function wrongDocuments(folder: string, objects: readonly ObjectSummary[]): Promise<readonly string[]> {
  const collection = engine.catalog.database("processed").collection("json");
  const found = await collection.find({ "_object.container": engine.container, "_object.key": { $regex: `^${folder}/` } }).toArray();
  const byKey = Map.groupBy(found, ({ _object }) => (_object as { key: string }).key);
  return objects.map(({ key }) => key).filter((key) => byKey.get(key)?.length !== 1 || byKey.get(key)?.[0]?.["name"] !== key);
}

describe("300 objects put at once, one of them malformed", { timeout: 120_000 }, () => {
  const keys = keysOf("group", 300);
  const malformed = keys[150] as string;
  let objects: readonly ObjectSummary[];
  let traces: readonly (TraceRun & { readonly key: string })[];

  beforeAll(async () => {
    const landed = await putAll(keys, (key) => (key === malformed ? '{"name": "malformed",\n "size": }' : document(key)));
    objects = await engine.outcomes(landed, 90_000);
    const all = await engine.catalog.traces.find({ container: engine.container, key: { $regex: "^group/" } }).toArray();
    traces = all as unknown as typeof traces;
  });

  it("are each processed exactly once, but for that one", async () => {
    expect(objects.filter(({ state }) => state !== "processed").map(({ key }) => key)).toEqual([malformed]);
    const closed = Map.groupBy(
      traces.filter(({ outcome }) => outcome === "processed"),
      ({ key }) => key,
    );
    expect([...closed.values()].every((runs) => runs.length === 1)).toBe(true);
    expect(closed.size).toBe(299);
    expect(
      await wrongDocuments(
        "group",
        objects.filter(({ key }) => key !== malformed),
      ),
    ).toEqual([]);
  });

  it("share runs, most of them", () => {
    const shared = [...Map.groupBy(traces, ({ run_id }) => run_id).values()].filter((members) => members.length > 1).flat();
    expect(shared.length).toBeGreaterThan(150);
  });

  it("leave the malformed one to a Failed run of its own, found by its fingerprint and state", async () => {
    const object = objects.find(({ key }) => key === malformed);
    expect(object).toMatchObject({ state: "quarantined", reason: { code: "MALFORMED_JSON", place: { line: 2, column: 10 } } });
    const run = await until("Temporal finds the run", 20_000, async () => {
      return (await engine.runs(`SluiceFingerprint = "${object?.reason?.fingerprint}" AND SluiceState = "quarantined"`))[0];
    });
    expect(run).toMatchObject({ workflowId: object?.workflow_id, status: { name: "FAILED" } });
  });

  it("have no other run that failed", async () => {
    expect(await engine.runs(`ExecutionStatus = "Failed"`)).toHaveLength(1);
  });
});

describe("an object that fails in its group", () => {
  it("leaves it, and takes along what it has done", async () => {
    const keys = keysOf("leaving", 20);
    const guilty = keys[7] as string;
    const landed = await Promise.all(
      keys.map((key) => engine.put(key, key === guilty ? "[1, 2" : document(key), { container: engine.quiet, type: "application/json" })),
    );
    // One webhook brings all of them: they wait in the journal together.
    await engine.announce(landed);
    const objects = await engine.outcomes(landed);
    expect(objects.filter(({ state }) => state !== "processed").map(({ key, state }) => [key, state])).toEqual([[guilty, "quarantined"]]);
    expect(new Set(objects.map(({ workflow_id }) => workflow_id)).size).toBe(2);
    const [inGroup, alone] = (await engine.client.trace(engine.quiet, guilty)).runs;
    expect(inGroup).toMatchObject({ outcome: "handed-over", workflow_id: objects[0]?.workflow_id, successor: alone?.workflow_id });
    expect(alone).toMatchObject({ outcome: "quarantined", reason: { code: "MALFORMED_JSON" } });
    // It was handed over with its failure: a malformed text is not read again.
    expect(alone?.dags[0]?.steps.filter(({ status }) => status === "failed")).toHaveLength(1);
  });
});

describe("a gateway that is killed while objects arrive", { timeout: 120_000 }, () => {
  it("loses none of them", async () => {
    const keys = keysOf("killed", 200);
    const putting = putAll(keys, document);
    await until("the first arrivals are in the journal", 30_000, async () => {
      const { waiting, started } = (await engine.client.status()).arrivals;
      return waiting + started > 0;
    });
    await engine.gateway.kill();
    const landed = await putting;
    await engine.gateway.start();
    const objects = await engine.outcomes(landed, 90_000);
    expect(objects.filter(({ state }) => state !== "processed")).toEqual([]);
    expect(await wrongDocuments("killed", objects)).toEqual([]);
    await until("the journal is empty", 30_000, async () => {
      const { waiting, started } = (await engine.client.status()).arrivals;
      return waiting + started === 0;
    });
  });
});
