import { describe, expect, it } from "vitest";
import { compare } from "./compare.ts";
import type { Figure } from "./figure.ts";
import { resultsOf } from "./results.ts";

function run(rates: readonly number[], scripts: readonly number[], latencies: readonly number[], extra: readonly Figure[] = []) {
  const figures = rates.flatMap((value, round): readonly Figure[] => [
    { name: "engine", unit: "objects/s", values: [value], floors: ["script"] },
    { name: "script", unit: "objects/s", values: [scripts[round] ?? 0] },
    { name: "latency", unit: "ms", values: [latencies[round] ?? 0] },
  ]);
  return resultsOf([...figures, ...extra], [], false);
}

describe("compare", () => {
  it("tells what moved by more than its rounds differ, and which way is better", () => {
    const { changes } = compare(run([100, 110, 105], [200, 220, 210], [10, 12, 11]), run([150, 160, 155], [300, 320, 310], [20, 22, 21]));
    expect(changes.map(({ name, floor, move }) => [name, floor, move])).toEqual([
      ["engine", undefined, "better"],
      // A machine that is half as fast again: the ratio stays.
      ["engine", "script", "same"],
      ["script", undefined, "better"],
      ["latency", undefined, "worse"],
    ]);
    expect(changes[0]?.ratio).toBeCloseTo(155 / 105);
  });

  it("does not judge single rounds", () => {
    const { changes } = compare(run([100], [200], [10]), run([150], [300], [20]));
    expect(new Set(changes.map(({ move }) => move))).toEqual(new Set(["unknown"]));
  });

  it("names what only one run has", () => {
    const more: Figure = { name: "more", unit: "MB", values: [1] };
    expect(compare(run([1], [1], [1], [more]), run([1], [1], [1]))).toMatchObject({ onlyBefore: ["more"], onlyNow: [] });
    expect(compare(run([1], [1], [1]), run([1], [1], [1], [more]))).toMatchObject({ onlyBefore: [], onlyNow: ["more"] });
  });
});
