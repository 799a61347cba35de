import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitWorkflowId, groupWorkflowId, maxWorkflowIdBytes, objectWorkflowId } from "./ids.ts";

describe("workflow ids", () => {
  it("read as sentences", () => {
    expect(objectWorkflowId("campus", "roof/1.csv", "3f2a")).toBe("ingest/campus/roof/1.csv@3f2a");
    expect(groupWorkflowId("campus", "1042", 37)).toBe("ingest/campus/1042+37");
  });

  it("fit, whatever the key, without breaking a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 1_024 }), (key) => {
        const id = fitWorkflowId(key);
        expect(new TextEncoder().encode(id).length).toBeLessThanOrEqual(maxWorkflowIdBytes);
        expect(id.isWellFormed()).toBe(true);
      }),
    );
  });

  it("stay different when they are cut", () => {
    const long = "k".repeat(300);
    expect(fitWorkflowId(`${long}a`)).not.toBe(fitWorkflowId(`${long}b`));
    expect(fitWorkflowId(`${long}a`).startsWith("kkkk")).toBe(true);
  });
});
