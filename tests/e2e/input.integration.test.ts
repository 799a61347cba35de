import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trickyKeys } from "../gateway/api-server.ts";
import { type Engine, startEngine } from "./engine.ts";

/** Texts all of them, so none may say by its name that it is something else. */
const keys = trickyKeys.map((key) => `keys/${key.replace(/\.json$/, ".txt")}`);

describe("input of any kind", { concurrent: true }, () => {
  let engine: Engine;
  beforeAll(async () => void (engine = await startEngine()));
  afterAll(() => engine?.[Symbol.asyncDispose]());

  it("is processed under any key", async () => {
    const landed = await Promise.all(keys.map((key) => engine.put(key, `the content of ${key}`, { type: "text/plain" })));
    const objects = await engine.outcomes(landed);
    expect(objects.map(({ key, state }) => [key, state])).toEqual(keys.map((key) => [key, "processed"]));
    const counts = await Promise.all(objects.flatMap(({ receipts }) => receipts).map((receipt) => engine.readBack.count(receipt)));
    expect(counts).toEqual(keys.map(() => 1));
  });

  it.each([
    ["empty.csv", "", "text/csv", "EMPTY_OBJECT"],
    ["empty.json", "", "application/json", "EMPTY_OBJECT"],
    ["broken.json", '{"a": 1,\n  "b": tru}', "application/json", "MALFORMED_JSON"],
    ["ragged.csv", "a,b\n1,2\n1,2,3\n", "text/csv", "RAGGED_ROW"],
  ])("%s is put into quarantine, and says why", async (name, content, type, code) => {
    const object = await engine.outcome(await engine.put(`bad/${name}`, content, { type }));
    expect(object).toMatchObject({ state: "quarantined", reason: { code, kind: "terminal" } });
    expect(object.reason?.message).toContain(name);
  });

  it("says where a JSON text is malformed, by line and column", async () => {
    const object = await engine.outcome(await engine.put("bad/line.json", '{"a": 1,\n  "b": tru}', { type: "application/json" }));
    expect(object.reason?.place).toMatchObject({ line: 2, column: 8 });
  });

  it("that is an image named like a table is put into quarantine with both types in the reason", async () => {
    const image = await readFile(new URL("../../dags/samples/files/car-park.png", import.meta.url));
    const object = await engine.outcome(await engine.put("bad/picture.csv", image, { type: "text/csv" }));
    expect(object).toMatchObject({ state: "quarantined", reason: { code: "TYPE_CONTRADICTED" } });
    expect(object.reason?.message).toMatch(/text\/csv.*image\/png/s);
  });

  it("whose template names a field that is not there is put into quarantine with the name of the field", async () => {
    const { client, container } = engine;
    const content = JSON.stringify([{ at: "2026-01-01T00:00:00Z", load: 3 }]);
    const other_data = { template: { measurement: "load", time: "at", fields: ["burden"], tags: [] } };
    const upload = await client.put(container, "bad/template.json", content, {
      type: "application/json",
      size: content.length,
      metadata: { other_data },
    });
    const object = await engine.outcome(upload);
    expect(object.state).toBe("quarantined");
    expect(object.reason?.message).toContain("burden");
  });

  it("that no DAG handles is described in the catalog and written nowhere", async () => {
    const object = await engine.outcome(await engine.put("odd/thing.xyz", Uint8Array.of(0, 1, 2, 250), { type: "application/x-odd" }));
    expect(object).toMatchObject({ state: "processed", dags: ["not-handled"], receipts: [], content_type: "application/x-odd" });
  });
});
