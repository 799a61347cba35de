import { describe, expect, it } from "vitest";
import type { Figure } from "./figure.ts";
import { readResults, resultsOf, summariesOf } from "./results.ts";

const rate = (name: string, value: number, floors?: readonly string[]): Figure => ({
  name,
  unit: "objects/s",
  values: [value],
  ...(floors && { floors }),
});

describe("summariesOf", () => {
  it("puts the rounds of one name together: their medians and reach", () => {
    const [summary] = summariesOf([1, 3, 2].map((base) => ({ name: "latency", unit: "ms", values: [base, base * 10, base * 100] })));
    expect(summary).toMatchObject({ spread: { median: 20, min: 10, max: 30, rounds: 3 }, percentiles: { p50: 20, p95: 300, p99: 300 } });
  });

  it("has no percentiles where a round has one value", () => {
    expect(summariesOf([rate("a", 1), rate("a", 2)])[0]).not.toHaveProperty("percentiles");
  });

  it("compares each round with its own floor, so that a slow minute does not show", () => {
    const figures = [
      [100, 200],
      [50, 100],
      [10, 20],
    ].flatMap(([engine = 0, script = 0]) => [rate("engine", engine, ["script"]), rate("script", script)]);
    expect(summariesOf(figures)[0]?.ratios).toEqual([{ floor: "script", spread: { median: 0.5, min: 0.5, max: 0.5, rounds: 3 } }]);
  });

  it("fails on a floor that nobody measured", () => {
    expect(() => summariesOf([rate("engine", 1, ["scrpt"])])).toThrow(`"scrpt"`);
  });
});

describe("readResults", () => {
  it("reads what was written, also where a process was gone when its memory was asked for", () => {
    const gone = { name: "stretch", seconds: 1, cpu: { worker: 1 }, peak: { worker: Number.NaN } };
    const results = resultsOf([rate("engine", 1, ["script"]), rate("script", 2)], [gone], true);
    const read = readResults(JSON.stringify(results), "r.json");
    expect(read.figures).toEqual(results.figures);
    expect(read.observations[0]?.peak).toEqual({ worker: null });
  });

  it("says what to do with a file that holds something else", () => {
    expect(() => readResults("{}", "r.json")).toThrow(/r\.json.*--json FILE/s);
    expect(() => readResults("no", "r.json")).toThrow(/r\.json/);
  });
});
