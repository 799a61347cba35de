import { describe, expect, it } from "vitest";
import { readTime } from "./time.ts";

const at = Date.UTC(2026, 2, 28, 11, 41, 6);

describe("a time", () => {
  it.each([
    "2026-03-28T11:41:06.000Z",
    "2026-03-28T11:41:06Z",
    "2026-03-28 11:41:06",
    "2026-03-28T13:41:06+02:00",
    "2026-03-28 13:41:06 +0200",
    "2026-03-28T13:41:06+02",
    "2026-03-28 11:41:06,000",
    " 2026-03-28T11:41:06 UTC",
    "1774698066",
    "1774698066000",
    "1774698066000000",
    "1774698066000000000",
    1774698066,
    1774698066000,
    new Date(at),
  ])("is read from %j", (written) => expect(readTime(written)).toBe(at));

  it("without a time of day is midnight in UTC", () => expect(readTime("2026-03-28")).toBe(Date.UTC(2026, 2, 28)));

  it.each([
    "",
    "yesterday",
    "28/03/2026",
    "03/28/2026 11:41",
    "2026-02-31T00:00:00.000Z",
    "2026-02-31",
    "2026-13-01",
    "2026-03-28T25:00:00Z",
    "NaN",
    Number.NaN,
    Number.POSITIVE_INFINITY,
    null,
    undefined,
    {},
    true,
  ])("cannot be read from %j", (written) => expect(readTime(written)).toBeUndefined());
});
