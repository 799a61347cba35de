import { expect, it } from "vitest";
import { type Duration, milliseconds } from "./duration.ts";

it.each([
  [250, 250],
  ["250ms", 250],
  ["90s", 90_000],
  ["1.5h", 5_400_000],
  ["2d", 172_800_000],
] as const)("reads %s as %d ms", (duration, expected) => {
  expect(milliseconds(duration)).toBe(expected);
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, "0s", "10", "1 m", "-5s", "1e3s"])(
  "refuses %s, saying what is expected",
  (duration) => {
    expect(() => milliseconds(duration as Duration)).toThrow('expected milliseconds above 0 or text such as "90s"');
  },
);
