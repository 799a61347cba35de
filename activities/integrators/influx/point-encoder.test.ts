import { describe, expect, it } from "vitest";
import { freshContext } from "../context-under-test.ts";
import { createPointEncoder } from "./point-encoder.ts";
import { pointOptions } from "./point-options.ts";

const context = freshContext({ number: 42, container: "campus", key: "roof.csv" });
const encoder = (options: object = {}) => createPointEncoder(pointOptions.parse(options), context);
const columns = { measurement: "readings", tags: ["sensor"] };
const time = new Date(1_000);

describe("encoding points", () => {
  it("writes numbers as floats and the object's number as an integer", () => {
    expect(encoder(columns).encode({ sensor: "a", time, value: 1, note: "x", ok: true }, 1)).toBe(
      'readings,sensor=a value=1,note="x",ok=true,object=42i 1000000000\n',
    );
  });

  it("takes only the named fields where they are named, and only scalars where not", () => {
    expect(encoder({ ...columns, fields: ["value"] }).encode({ sensor: "a", time, value: 1.5, other: 2 }, 1)).toContain(
      " value=1.5,object",
    );
    expect(encoder(columns).encode({ sensor: "a", time, value: 1.5, nested: { a: 1 } }, 1)).toContain(" value=1.5,object");
  });

  it("takes the measurement from a column", () => {
    const points = encoder({ measurement: { column: "unit" } });
    expect(points.encode({ unit: "Ea+ x", time, value: 1 }, 1)).toBe("Ea+\\ x value=1,object=42i 1000000000\n");
    expect([...points.measurements]).toEqual(["Ea+ x"]);
  });

  it("takes complete points where there are no options, and leaves out what has no value", () => {
    const point = {
      measurement: "m",
      time: "1970-01-01T00:00:01Z",
      tags: { b: "2", a: "1", none: null, empty: "" },
      fields: { v: 3, none: null },
    };
    expect(encoder().encode(point, 1)).toBe("m,a=1,b=2 v=3,object=42i 1000000000\n");
  });

  it.each([
    ["NOT_A_NUMBER", { sensor: "a", time, value: Number.NaN }, "value"],
    ["NOT_A_NUMBER", { sensor: "a", time, value: -Infinity }, "value"],
    ["UNREADABLE_TIME", { sensor: "a", time: "soon", value: 1 }, "time"],
    ["MISSING_COLUMN", { time, value: 1 }, "sensor"],
    ["MISSING_COLUMN", { sensor: "a", value: 1 }, "time"],
    ["WRONG_TYPE", { sensor: {}, time, value: 1 }, "sensor"],
    ["RESERVED_NAME", { sensor: "a", time, object: 1 }, "object"],
    ["NOT_A_ROW", [1, 2], undefined],
  ])("refuses with %s and the place: %j", (code, row, field) => {
    expect(() => encoder(columns).encode(row, 7)).toThrow(
      expect.objectContaining({
        code,
        kind: "terminal",
        message: expect.stringContaining("Row 7 of campus/roof.csv"),
        place: { row: 7, ...(field && { field }) },
      }),
    );
  });

  it("refuses a measurement that would be a comment", () => {
    expect(() => encoder({ measurement: "#readings" }).encode({ time, value: 1 }, 1)).toThrow(
      expect.objectContaining({ code: "BAD_MEASUREMENT" }),
    );
  });

  it("counts a point that is given twice once, and says when it has lost count", () => {
    const points = encoder(columns);
    for (const [sensor, at] of [
      ["a", 1],
      ["b", 1],
      ["a", 1],
      ["a", 2],
    ] as const)
      points.encode({ sensor, time: at, value: 1 }, 1);
    expect(points.series).toMatchObject({ count: 3, exact: true });
    points.encode({ sensor: "b", time: 0, value: 1 }, 1);
    expect(points.series.exact).toBe(false);
  });
});
