import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromJson, toJson } from "./serial.ts";

const values = fc.anything({
  key: fc.string().filter((key) => !key.startsWith("$") && key !== "__proto__"),
  values: [
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array(),
  ],
});

describe("toJson and fromJson", () => {
  it("bring any value through JSON as it was: dates, big integers and bytes too", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(fromJson(JSON.parse(JSON.stringify(toJson(value))))).toEqual(normal(value));
      }),
    );
  });

  it("bring bytes through that are more than fit into one call", () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
    expect(fromJson(toJson({ bytes }))).toEqual({ bytes });
  });

  it.each([
    [{ a: [1, Number.NaN] }, "output.a[1] is NaN"],
    [{ run: () => 1 }, "output.run is a function"],
    [Symbol("x"), "output is a symbol"],
  ])("refuse what JSON cannot hold, with its place: %o", (value, message) => {
    expect(() => toJson(value, "output")).toThrow(message);
  });
});

/** JSON has one zero, no prototypes and no undefined. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (value === undefined) return null;
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return value === 0 ? 0 : value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .map(([name, entry]) => [name, normal(entry)]),
  );
}
