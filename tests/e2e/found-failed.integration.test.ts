import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ObjectSummary } from "../../gateway/client.ts";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

let engine: Engine;
beforeAll(async () => void (engine = await startEngine()));
afterAll(() => engine?.[Symbol.asyncDispose]());

const json = { type: "application/json" } as const;

/** The run that Temporal finds by an object's fingerprint and state. */
async function found({ key, reason, state }: ObjectSummary) {
  const query = `SluiceFingerprint = "${reason?.fingerprint}" AND SluiceState = "${state}"`;
  return await until(`Temporal finds the run of ${key}`, 20_000, async () => {
    const runs = await engine.runs(query);
    return runs.length > 0 && runs;
  });
}

/** Why a run failed, as the Temporal UI shows it. */
async function causeOf(workflowId: string): Promise<{ readonly type?: string; readonly message?: string }> {
  return await engine.temporal.client.workflow
    .getHandle(workflowId)
    .result()
    .then(
      () => ({}),
      ({ cause }: Error) => cause as object,
    );
}

describe("a run that failed", { timeout: 120_000 }, () => {
  let objects: readonly ObjectSummary[];
  beforeAll(async () => {
    const group = await Promise.all(
      ["1", "leaver", "3"].map((name) =>
        engine.put(`group/${name}.json`, name === "leaver" ? "[1, 2" : "{}", { container: engine.quiet, ...json }),
      ),
    );
    const landed = await Promise.all([
      engine.put("alone/wrong.json", "[1, 2", json),
      engine.put("alone/contradicts.png", '{"no": "picture"}', { type: "image/png" }),
      engine.put("trouble/for ever", JSON.stringify({ failures: 99 }), json),
      engine.put("mapped/strict/one falls", JSON.stringify({ items: 20, fall: 20 }), json),
      engine.put("mapped/strict/falls in a child", JSON.stringify({ items: 700, fall: 700 }), json),
      engine.put("undone/refused", JSON.stringify({ sensor: "refused", accept: false }), json),
    ]);
    await engine.announce(group);
    const [, leaver] = await engine.outcomes(group, 60_000);
    objects = [...(await engine.outcomes(landed, 90_000)), leaver as ObjectSummary];
  });

  it.each([
    ["wrong content", 0, "MALFORMED_JSON"],
    ["content against its type", 1, "TYPE_CONTRADICTED"],
    ["a task that used up its attempts", 2, "SINK_ILL"],
    ["an item of a map", 3, "FELL"],
    ["an item of a map in children", 4, "FELL"],
    ["a DAG that was undone", 5, "REFUSED"],
    ["an object that left its group", 6, "MALFORMED_JSON"],
  ])("by %s is found by its fingerprint and state, and says why in words", async (_, index, code) => {
    const object = objects[index] as ObjectSummary;
    expect(object.reason?.code).toBe(code);
    const run = (await found(object)).find(({ workflowId }) => workflowId === object.workflow_id);
    expect(run).toMatchObject({ type: "ingest", status: { name: "FAILED" }, runId: object.run_id });
    expect(await causeOf(object.workflow_id ?? "")).toMatchObject({ type: code, message: object.reason?.message });
  });

  it("is every run of an object that was not processed, and no other", async () => {
    const failed = await until("Temporal lists them", 20_000, async () => {
      const runs = await engine.runs(`ExecutionStatus = "Failed"`);
      return runs.length >= objects.length && runs;
    });
    expect(new Set(failed.map(({ workflowId }) => workflowId))).toEqual(new Set(objects.map(({ workflow_id }) => workflow_id)));
    expect(failed).toHaveLength(objects.length);
  });
});
