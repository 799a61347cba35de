import { describe, expect, it } from "vitest";
import { readLocalTime } from "./zoned-time.ts";

const utc = (iso: string) => Date.parse(`${iso}Z`);

describe("a local time", () => {
  it.each([
    ["2026-01-15 12:00", "Europe/Paris", "2026-01-15T11:00"],
    ["2026-07-14T12:00:00,5", "Europe/Paris", "2026-07-14T10:00:00.5"],
    ["2026-07-14", "Europe/Paris", "2026-07-13T22:00"],
    ["2026-07-14 12:00", "America/New_York", "2026-07-14T16:00"],
    ["2026-07-14 12:00", "Asia/Kathmandu", "2026-07-14T06:15"],
    ["2026-07-14 12:00", "UTC", "2026-07-14T12:00"],
    ["1995-07-14 12:00", "Europe/Paris", "1995-07-14T10:00"],
  ])("%s in %s is %sZ", (written, zone, expected) => expect(readLocalTime(written, zone)).toBe(utc(expected)));

  it.each(["2026-07-14T12:00:00Z", "2026-07-14 14:00 +02:00", "1784030400", 1784030400, new Date("2026-07-14T12:00:00Z")])(
    "is what it says itself: %j",
    (written) => expect(readLocalTime(written, "America/New_York")).toBe(utc("2026-07-14T12:00")),
  );

  it.each([
    ["Europe/Paris", "2026-03-29 01:59:59.999", "2026-03-29T00:59:59.999"],
    ["Europe/Paris", "2026-03-29 02:00", undefined],
    ["Europe/Paris", "2026-03-29 02:59:59.999", undefined],
    ["Europe/Paris", "2026-03-29 03:00", "2026-03-29T01:00"],
    ["America/New_York", "2026-03-08 02:30", undefined],
    ["Australia/Lord_Howe", "2026-10-04 02:15", undefined],
    ["Australia/Lord_Howe", "2026-10-04 02:30", "2026-10-03T15:30"],
    ["Pacific/Apia", "2011-12-30 12:00", undefined],
  ])("in %s that clocks skip cannot be read: %s", (zone, written, expected) =>
    expect(readLocalTime(written, zone)).toBe(expected && utc(expected)),
  );

  it.each([
    ["Europe/Paris", "2026-10-25 01:59:59", "2026-10-24T23:59:59"],
    ["Europe/Paris", "2026-10-25 02:00", "2026-10-25T00:00"],
    ["Europe/Paris", "2026-10-25 02:59:59", "2026-10-25T00:59:59"],
    ["Europe/Paris", "2026-10-25 03:00", "2026-10-25T02:00"],
    ["America/New_York", "2026-11-01 01:30", "2026-11-01T05:30"],
    ["Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04T14:45"],
  ])("in %s that comes twice is the first: %s", (zone, written, expected) => expect(readLocalTime(written, zone)).toBe(utc(expected)));

  it("is read back by the clock of its zone, hour by hour through a year", () => {
    const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris", dateStyle: "short", timeStyle: "medium" });
    for (let time = utc("2026-01-01T00:00"); time < utc("2027-01-01T00:00"); time += 3_600_000) {
      const written = clock.format(time);
      const again = written.startsWith("2026-10-25 02") ? utc("2026-10-25T00:00") : time;
      expect(readLocalTime(written, "Europe/Paris")).toBe(again);
    }
  });

  it.each(["", "14/07/2026 12:00", "2026-02-31 12:00", "2026-07-14 25:00", null])("cannot be read from %j", (written) =>
    expect(readLocalTime(written, "Europe/Paris")).toBeUndefined(),
  );

  it.each([
    ["14.07.2026 12:00", "dmy", "2026-07-14T10:00"],
    ["14/7/2026 9:30:15", "dmy", "2026-07-14T07:30:15"],
    ["1-12-2026", "dmy", "2026-11-30T23:00"],
    ["7/14/2026 2:30 PM", "mdy", "2026-07-14T12:30"],
    ["7/14/2026, 12:05 am", "mdy", "2026-07-13T22:05"],
    ["2026-07-14 12:00", "dmy", "2026-07-14T10:00"],
    ["2026-07-14T12:00:00Z", "mdy", "2026-07-14T12:00"],
  ] as const)("%s is read day and month in the order %s", (written, order, expected) =>
    expect(readLocalTime(written, "Europe/Paris", order)).toBe(utc(expected)),
  );

  it.each([
    ["14/07/2026 12:00", "mdy"],
    ["31.02.2026", "dmy"],
    ["14.07/2026", "dmy"],
    ["14.07.26", "dmy"],
    ["7/14/2026 13:00 PM", "mdy"],
    ["7/14/2026 0:30 AM", "mdy"],
  ] as const)("cannot be read from %s in the order %s", (written, order) =>
    expect(readLocalTime(written, "Europe/Paris", order)).toBeUndefined(),
  );

  it("needs a time zone that there is", () => {
    expect(() => readLocalTime("2026-07-14 12:00", "Europe/Toulouse")).toThrow(
      /Found the time zone "Europe\/Toulouse"; expected an IANA name/,
    );
  });
});
