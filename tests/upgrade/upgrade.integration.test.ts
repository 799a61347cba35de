import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, startEngine } from "../e2e/engine.ts";
import type { Landed } from "../e2e/observe.ts";
import { type EngineProcess, workerProcess } from "../e2e/processes.ts";
import { until } from "../e2e/until.ts";

let engine: Engine;
let previous: EngineProcess;
beforeAll(async () => {
  engine = await startEngine();
  previous = workerProcess({
    entry: "tests/upgrade/previous-worker",
    env: engine.variables,
    log: join(engine.home, "previous-worker.log"),
  });
  await engine.worker.stop();
  await previous.start();
});
afterAll(async () => {
  await previous?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
});

const json = { type: "application/json" } as const;

/** Who has done workflow tasks of a run, one after the other, once it has closed: an object has its outcome before that. */
async function workersOf(workflowId: string): Promise<number> {
  await engine.temporal.client.workflow.getHandle(workflowId).result();
  const { events } = await engine.history(workflowId);
  return new Set(events?.map((event) => event.workflowTaskCompletedEventAttributes?.identity).filter(Boolean)).size;
}

describe("runs that the version before has begun", { timeout: 120_000 }, () => {
  let retrying: Landed, mapping: Landed, alone: Landed;
  let group: readonly Landed[];

  beforeAll(async () => {
    const held = (key: string, container = engine.container) => engine.put(key, "go on", { container, type: "text/plain" });
    alone = await held("held/alone");
    group = await Promise.all(["1", "2", "3"].map((name) => held(`held/${name}`, engine.quiet)));
    await engine.announce(group);
    mapping = await engine.put("mapped/strict/many", JSON.stringify({ items: 2_000, pause: 100 }), json);
    for (const { key } of [alone, ...group])
      await until(`${key} is under way`, 30_000, async () => (await engine.notes.of(key)).length > 0);
    await until("the map is well under way", 30_000, async () => (await engine.notes.of(mapping.key)).length > 200);
    retrying = await held("down/1");
    await until("a task is tried again", 30_000, async () => (await engine.notes.of(retrying.key)).length > 2);
    await previous.kill();
    await engine.worker.start();
    await engine.notes.raise("go on");
  });

  it("are finished by this one: a task that is retried", async () => {
    const object = await engine.outcome(retrying, 60_000);
    expect(object.state).toBe("processed");
    expect(await workersOf(object.workflow_id ?? "")).toBe(2);
  });

  it("are finished by this one: a map, in children of its own", async () => {
    const object = await engine.outcome(mapping, 90_000);
    const found = await engine.catalog
      .database("processed")
      .collection("e2e_mapped")
      .findOne({ "_object.container": engine.container, "_object.key": mapping.key });
    expect([object.state, found]).toMatchObject(["processed", { items: 2_000, ordered: true }]);
    expect(await workersOf(object.workflow_id ?? "")).toBe(2);
  });

  it("are finished by this one: a group", async () => {
    const objects = await engine.outcomes(group, 90_000);
    expect(objects.map(({ state }) => state)).toEqual(["processed", "processed", "processed"]);
    expect(await workersOf(objects[0]?.workflow_id ?? "")).toBe(2);
  });

  it("are finished by this one: an object by itself, whose task heartbeats", async () => {
    const object = await engine.outcome(alone, 90_000);
    expect(object.state).toBe("processed");
    expect(await workersOf(object.workflow_id ?? "")).toBe(2);
  });

  it("never had this one at a loss", async () => {
    for (const { workflowId, runId } of await engine.runs('WorkflowType IN ("ingest", "mapItems")')) {
      const { events } = await engine.history(workflowId, runId);
      expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
    }
    expect(await engine.worker.log()).not.toContain("TMPRL1100");
  });
});
