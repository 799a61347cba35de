import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

const header = "time,sensor,value\n";

/** One reading a second, of a sensor of its own. */
function* table(sensor: string, rows: number): Generator<string> {
  yield header;
  const start = Date.UTC(2026, 0, 1);
  for (let row = 0; row < rows; row += 1) yield `${new Date(start + row * 1_000).toISOString()},${sensor},${row % 1_000}\n`;
}

describe("a table of hundreds of thousands of rows", { timeout: 180_000 }, () => {
  let engine: Engine;
  beforeAll(async () => void (engine = await startEngine()));
  afterAll(() => engine?.[Symbol.asyncDispose]());

  const putTable = (name: string, rows: number) =>
    engine.put(`large/${name}.csv`, [...table(`${engine.container}-${name}`, rows)].join(""), { type: "text/csv" });

  /** The most memory that the worker has held at a time, in MiB. */
  async function peakMemory(): Promise<number> {
    const status = await readFile(`/proc/${engine.worker.pid()}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
  }

  it("flows into InfluxDB in an ordinary activity, in bounded memory", async () => {
    const rows = 300_000;
    const before = await peakMemory();
    const object = await engine.outcome(await putTable("whole", rows), 120_000);
    expect(object).toMatchObject({ state: "processed", dags: ["csv"] });
    const [receipt] = object.receipts;
    expect(receipt?.count).toBe(rows);
    expect(receipt && (await engine.readBack.count(receipt))).toBe(rows);
    const steps = (await engine.trace(object.key)).runs[0]?.dags[0]?.steps ?? [];
    expect(steps.find(({ task }) => task === "influx-points")?.mode).toBe("ordinary");
    expect((await peakMemory()) - before).toBeLessThan(150);
  });

  it("arrives whole where the worker is killed midway", async () => {
    const rows = 600_000;
    const landed = await putTable("killed", rows);
    const partly = await until("some of the rows are there", 60_000, async () => {
      const [document] = await engine.catalog.documents(engine.container).find({ _id: landed.key }).toArray();
      const locator = { object: document?.object_number ?? -1 };
      return (await engine.readBack.count({ sink: "influxdb", what: "points", count: 0, where: "", locator })) || undefined;
    });
    await engine.worker.kill();
    expect(partly).toBeLessThan(rows);
    await engine.worker.start();
    const object = await engine.outcome(landed, 150_000);
    const [receipt] = object.receipts;
    expect(object.state).toBe("processed");
    expect(receipt && (await engine.readBack.count(receipt))).toBe(rows);
    const [traced] = (await engine.trace(object.key)).runs;
    expect(traced?.dags[0]?.steps.find(({ task }) => task === "influx-points")?.attempt).toBeGreaterThan(1);
  });

  it.each([
    ["small", 200],
    ["large", 40_000],
  ])("stays as it was where a newer version of it (%s) cannot be processed to its end", async (name, rows) => {
    const good = await engine.outcome(await putTable(name, rows), 60_000);
    const [receipt] = good.receipts;
    const content = [...table(`${engine.container}-${name}`, rows)].join("");
    const ragged = await engine.put(`large/${name}.csv`, `${content.replaceAll(/,(\d+)\n/g, ",7$1\n")}ragged,line\n`, { type: "text/csv" });
    const failed = await engine.outcome(ragged, 60_000);
    expect(failed).toMatchObject({ state: "quarantined", reason: { code: "RAGGED_ROW" } });
    expect(receipt && (await engine.readBack.count(receipt))).toBe(rows);
    expect(failed.receipts).toEqual(good.receipts);
  });
});
