import { describe, expect, it } from "vitest";
import { fingerprintOf, retryable, terminal, toFailure } from "./errors.ts";

describe("toFailure", () => {
  it("keeps code, kind, place and cause of Sluice's own errors", () => {
    const error = terminal("NO_SENSOR", "Row 3 has no sensor.", { place: { row: 3 }, cause: new Error("undefined") });
    expect(toFailure(error, "parse")).toEqual({
      code: "NO_SENSOR",
      kind: "terminal",
      message: "Row 3 has no sensor.",
      place: { row: 3 },
      task: "parse",
      cause: "undefined",
      fingerprint: fingerprintOf("NO_SENSOR", "parse", "Row 3 has no sensor."),
    });
    expect(toFailure(retryable("AWAY", "It is away.")).kind).toBe("retryable");
  });

  it("takes whatever else is thrown as worth a retry", () => {
    expect(toFailure(new RangeError("too long"))).toMatchObject({ code: "TASK_THREW", kind: "retryable", message: "RangeError: too long" });
    expect(toFailure("text")).toMatchObject({ code: "TASK_THREW", message: "Error: text" });
  });

  it("says where in the author's code something unexpected was thrown, and groups it with the same thrown elsewhere", () => {
    const failure = toFailure(new TypeError("x is undefined"), "parse", "weather.ts:12:5");
    expect(failure).toMatchObject({
      message: "TypeError: x is undefined (thrown at weather.ts:12:5)",
      place: { source: "weather.ts:12:5" },
      fingerprint: toFailure(new TypeError("x is undefined"), "parse", "weather.ts:14:1").fingerprint,
    });
    expect(toFailure(terminal("WRONG", "Wrong."), "parse", "weather.ts:12:5")).not.toHaveProperty("place");
  });

  it("knows an error of another copy of this module", () => {
    const foreign = Object.assign(new Error("Wrong."), { name: "SluiceError", kind: "terminal", code: "WRONG" });
    expect(toFailure(foreign)).toMatchObject({ code: "WRONG", kind: "terminal" });
  });
});

describe("fingerprintOf", () => {
  const print = (message: string) => fingerprintOf("C", "t", message);

  it("is the same for messages that differ only in their values", () => {
    expect(print('Line 3 of "a.csv" has 4 columns.')).toBe(print('Line 17 of "b.csv" has 5 columns.'));
    expect(print("Row 1 of campus/roof/a.csv does not fit at /value.")).toBe(print("Row 9 of campus/yard b.csv does not fit at /value."));
    expect(print("Object 3f2a9c1d77 is gone.")).toBe(print("Object 0011223344ff is gone."));
  });

  it("differs by the pointer to what does not fit", () => {
    expect(print("Row 1 of campus/a.csv does not fit at /0/value.")).not.toBe(print("Row 1 of campus/a.csv does not fit at /0/time."));
  });

  it("differs by code, task and wording", () => {
    const all = [
      fingerprintOf("C", "t", "one"),
      fingerprintOf("D", "t", "one"),
      fingerprintOf("C", "u", "one"),
      fingerprintOf("C", "t", "two"),
    ];
    expect(new Set(all).size).toBe(4);
  });
});
