import { Ansis } from "ansis";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { type Column, table } from "./table.ts";

type Row = { readonly name: string; readonly size: number };

const columns: readonly Column<Row>[] = [
  { title: "name", value: ({ name }) => name, flexible: true },
  { title: "size", value: ({ size }) => String(size), align: "right" },
];
const rows = [
  { name: "a", size: 1 },
  { name: "漢字.csv", size: 1000 },
];
const plain = { width: Infinity, paint: new Ansis(0) };

describe("table", () => {
  it("aligns columns under their titles, by the width that is seen", () => {
    expect(table(rows, columns, plain).split("\n")).toEqual(["name      size", "a            1", "漢字.csv  1000"]);
  });

  it("cuts flexible columns, and only those, to the width of the terminal", () => {
    const long = [{ name: "x".repeat(100), size: 123_456 }];
    const lines = table(long, columns, { ...plain, width: 30 }).split("\n");
    expect(lines[1]).toMatch(/^x+…  123456$/);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(30);
  });

  it("cuts nothing for a program that reads it", () => {
    expect(table([{ name: "x".repeat(500), size: 1 }], columns, plain)).toContain("x".repeat(500));
  });

  it("colours without moving what stands beside", () => {
    const paint = new Ansis(1);
    const coloured = table(rows, [{ ...columns[0]!, colour: (text) => paint.red(text) }, columns[1]!], { width: 40, paint });
    expect(coloured).toContain("\u001b[31m");
    expect(paint.strip(coloured)).toBe(table(rows, columns, plain));
  });
});
