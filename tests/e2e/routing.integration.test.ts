import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

describe("which DAGs and tasks take an object", { concurrent: true }, () => {
  let engine: Engine;
  beforeAll(async () => void (engine = await startEngine()));
  afterAll(() => engine?.[Symbol.asyncDispose]());

  async function notesOf(key: string, content = "{}", type = "application/json") {
    const object = await engine.outcome(await engine.put(key, content, { type }));
    return { object, notes: [...(await engine.notes.of(key))].sort() };
  }

  it("are those of the highest priority that matches, and no others", async () => {
    const { object, notes } = await notesOf("routed/priority/1");
    expect(notes).toEqual(["visit-high"]);
    expect(object).toMatchObject({ state: "processed", dags: ["e2e-higher"] });
  });

  it("are all that match at one priority, custom processing first", async () => {
    const { container, client, notes } = engine;
    const upload = await client.put(container, "routed/both/1", "{}", {
      type: "application/json",
      size: 2,
      metadata: { data_processing: "custom" },
    });
    expect((await engine.outcome(upload)).state).toBe("processed");
    expect((await engine.trace("routed/both/1")).runs[0]?.dags.map(({ dag }) => dag)).toEqual(["e2e-z-custom", "e2e-a-usual"]);
    expect(await notes.of("routed/both/1")).toEqual(["visit-custom", "visit-usual"]);
  });

  it("are those of what a gzip holds, which becomes an object of its own", async () => {
    const key = "compressed/roof.csv.gz";
    // Some clients tell the type of what is compressed.
    const archive = await engine.outcome(await engine.put(key, gzipSync("name,size\nroof,3\n"), { type: "text/csv" }));
    expect(archive).toMatchObject({ state: "processed", content_type: "application/gzip", dags: ["archive"] });
    const member = await until("the member is processed", 30_000, async () => {
      const [found] = await engine.client.states([{ container: engine.container, key: `${key}.unpacked/roof.csv` }]);
      return found?.state === "processed" && found;
    });
    expect(member).toMatchObject({ content_type: "text/csv", dags: ["csv"] });
  });

  it("leave out custom processing where nobody asked for it", async () => {
    expect((await notesOf("routed/both/2")).notes).toEqual(["visit-usual"]);
  });

  it.each([
    ["text/csv", "a,b\n1,2\n", "as-table"],
    ["application/json", "{}", "as-json"],
    ["text/plain", "words", "as-anything"],
  ])("branch by %s", async (type, content, expected) => {
    const key = `routed/type/${expected}`;
    expect((await notesOf(key, content, type)).notes).toEqual([expected]);
    const [step] = (await engine.trace(key)).runs[0]?.dags[0]?.steps.filter(({ status }) => status === "success") ?? [];
    expect(step?.task).toBe(expected);
  });

  it.each([
    [true, true, ["on-any-success", "on-done", "on-none-failed", "on-success"], "processed"],
    [true, false, ["on-any-failed", "on-any-success", "on-done"], "quarantined"],
    [false, false, ["on-all-failed", "on-any-failed", "on-done"], "quarantined"],
  ])("follow the rules of after: first %s, second %s", async (first, second, ran, state) => {
    const { object, notes } = await notesOf(`routed/rules/${first}-${second}`, JSON.stringify({ first, second }));
    const word = (succeeded: boolean) => (succeeded ? "success" : "failed");
    expect(notes).toEqual(ran.map((name) => `${name}: ${word(first)} ${word(second)}`));
    expect(object.state).toBe(state);
  });

  it("recover from a failure where an after says so", async () => {
    const { object, notes } = await notesOf("routed/recovers/1", JSON.stringify({ first: true, second: false }));
    expect(notes).toEqual(["on-any-failed: success failed"]);
    expect(object).toMatchObject({ state: "processed" });
  });
});
