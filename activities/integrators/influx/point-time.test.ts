import { describe, expect, it } from "vitest";
import { nanoseconds, readTime } from "./point-time.ts";

const epoch = (value: unknown) => {
  const time = readTime(value);
  return time && nanoseconds(time);
};

describe("the time of a point", () => {
  it.each([
    [new Date(1_616_931_666_000), "1616931666000000000"],
    [1_616_931_666_000, "1616931666000000000"],
    [1_616_931_666_000.5, "1616931666000500000"],
    ["2021-03-28T11:41:06.000Z", "1616931666000000000"],
    ["2021-03-28T11:41:06.123456789Z", "1616931666123456789"],
    ["2021-03-28 11:41:06", "1616931666000000000"],
    ["2021-03-28T13:41:06+02:00", "1616931666000000000"],
    ["2021-03-28T13:41:06+0200", "1616931666000000000"],
    ["2021-03-28", "1616889600000000000"],
    ["1969-12-31T23:59:59.999Z", "-1000000"],
    ["1969-12-31T23:59:59.9999Z", "-100000"],
    [0, "000000"],
  ])("reads %j", (value, expected) => expect(epoch(value)).toBe(expected));

  it.each([
    [Number.NaN],
    [Infinity],
    [new Date(Number.NaN)],
    [null],
    [true],
    [""],
    ["yesterday"],
    ["1616931666000"],
    ["28.03.2021"],
    ["2021-02-30"],
    ["2021-13-01"],
    ["2021-03-28T25:00:00Z"],
    ["2500-01-01"],
    ["1600-01-01"],
  ])("does not read %j", (value) => expect(readTime(value)).toBeUndefined());
});
