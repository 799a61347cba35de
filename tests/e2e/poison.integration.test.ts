import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newDocument } from "../../infra/catalog.ts";
import type { JsonObject } from "../../sdk/contracts/json.ts";
import { type Engine, startEngine } from "./engine.ts";

let engine: Engine;
beforeAll(async () => void (engine = await startEngine()));
afterAll(() => engine?.[Symbol.asyncDispose]());

const nested = (depth: number): JsonObject => (depth === 0 ? {} : { deeper: nested(depth - 1) });

/** A document as others may have left it, with fields of their own. */
async function plant(key: string, fields: object): Promise<void> {
  const number = await engine.catalog.allocateNumbers(1);
  const document = newDocument({ container: engine.quiet, key, store: "s3", number, now: new Date() });
  await engine.catalog.documents(engine.quiet).insertOne({ ...document, ...fields });
}

/** Ten small objects, announced at once so that they come as groups. */
async function landTogether(guilty: string) {
  const keys = [...Array.from({ length: 9 }, (_, index) => `together/${guilty}-${index}.csv`), guilty];
  const landed = await Promise.all(
    keys.map((key) => engine.put(key, "time,sensor,value\n2026-01-01T00:00:00Z,a,1\n", { container: engine.quiet, type: "text/csv" })),
  );
  const arrivals = await engine.announce(landed);
  const closed = await Promise.all(arrivals.map((arrival) => engine.closed(arrival)));
  const states = new Map((await engine.states(landed)).map((object) => [object.key, object]));
  return { closed, guilty: states.get(guilty), neighbours: keys.slice(0, -1).map((key) => states.get(key)?.state) };
}

describe("an object whose bookkeeping can never go well", () => {
  it("is put aside with the reason when it is admitted, and its neighbours go on", async () => {
    // MongoDB takes it when it is inserted, and not when it is put into an update, which is a little deeper.
    for (let depth = 197; depth > 170; depth -= 1) {
      const planted = await plant("deep.csv", { other_data: nested(depth) }).then(
        () => true,
        () => false,
      );
      if (planted) break;
    }
    const { closed, guilty, neighbours } = await landTogether("deep.csv");
    expect(new Set(neighbours)).toEqual(new Set(["processed"]));
    expect(guilty).toMatchObject({ state: "quarantined", reason: { code: "SINK_REFUSED_DATA" } });
    expect(closed.at(-1)).toMatchObject({ outcome: "quarantined" });
  });

  it("ends as failed when it is closed, and its neighbours go on", async () => {
    await plant("no-list.csv", { successful_operations: "none so far" });
    const { closed, guilty, neighbours } = await landTogether("no-list.csv");
    expect(new Set(neighbours)).toEqual(new Set(["processed"]));
    expect(guilty).toMatchObject({ state: "failed", reason: { code: "SINK_REFUSED_DATA" } });
    expect(closed.at(-1)).toMatchObject({ outcome: "failed" });
  });
});
