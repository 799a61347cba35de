import { expect, it } from "vitest";
import { fitSummary, maxSummaryBytes, subjectOf } from "./summaries.ts";

const named = (...keys: readonly string[]) => keys.map((key) => ({ container: "campus", key }));

it.each([
  [["2026/roof.csv"], "campus/2026/roof.csv"],
  [["a/roof.csv", "b/hall.csv"], "2 objects of campus: roof.csv, hall.csv"],
  [["1", "2", "3", "4"], "4 objects of campus: 1, 2, 3, …"],
  [[`${"a".repeat(200)}.csv`], `campus/${"a".repeat(59)}…${"a".repeat(55)}.csv`],
])("names objects: %j", (keys, expected) => expect(subjectOf(named(...keys))).toBe(expected));

it.each([["e".repeat(1_000)], ["é".repeat(1_000)], ['"'.repeat(1_000)], ["\u0001".repeat(1_000)], ["😀".repeat(1_000)]])(
  "cuts a summary to what Temporal takes: %.3s…",
  (long) => {
    const bytes = new TextEncoder().encode(JSON.stringify(fitSummary(long))).length;
    expect(bytes).toBeLessThanOrEqual(maxSummaryBytes);
    expect(bytes).toBeGreaterThan(maxSummaryBytes - 10);
  },
);

it("leaves a short summary as it is", () => expect(fitSummary("campus/roof.csv → parse")).toBe("campus/roof.csv → parse"));
