import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wantedRange } from "./range.ts";

describe("wantedRange", () => {
  it.each([
    ["bytes=0-0", { start: 0, end: 1 }],
    ["bytes=5-", { start: 5, end: 10 }],
    ["bytes=-3", { start: 7, end: 10 }],
    ["bytes=-99", { start: 0, end: 10 }],
    ["bytes=4-99", { start: 4, end: 10 }],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=5-4", undefined],
    ["bytes=-", undefined],
    ["bytes=0-1,3-4", undefined],
    ["lines=1-2", undefined],
    [undefined, undefined],
  ])("reads %s of ten bytes as %j", (header, range) => expect(wantedRange(header, 10)).toEqual(range));

  it("stays within the object, whatever is asked", () => {
    fc.assert(
      fc.property(fc.nat(), fc.option(fc.nat()), fc.nat(), (start, end, size) => {
        const range = wantedRange(`bytes=${start}-${end ?? ""}`, size);
        if (typeof range !== "object") return;
        expect(range.start).toBeLessThan(range.end);
        expect(range.end).toBeLessThanOrEqual(size);
      }),
    );
  });

  it("finds an empty object without any range", () => expect(wantedRange("bytes=0-", 0)).toBe("unsatisfiable"));
});
