import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTruthTable } from "../../tests/arbitraries/truth-table.ts";
import { triggerRules } from "../plan/plan.ts";
import { judge } from "./rules.ts";

const table = readTruthTable();
const statuses = fc.array(fc.constantFrom("success", "failed", "skipped" as const), { minLength: 1, maxLength: 6 });

describe("judge", () => {
  it("has every combination in the table of the README", () => {
    expect(table.size).toBe(triggerRules.length * 7);
  });

  it("says what the table says, however many inputs there are and in whatever order", () => {
    fc.assert(
      fc.property(fc.constantFrom(...triggerRules), statuses, (rule, inputs) => {
        expect(judge(rule, inputs)).toBe(table.says(rule, inputs));
      }),
    );
  });

  it("lets a node through that waits for nothing", () => {
    expect(judge("allSuccess", [])).toBe("run");
  });
});
