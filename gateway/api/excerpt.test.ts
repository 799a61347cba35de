import { describe, expect, it } from "vitest";
import type { Place } from "../../sdk/contracts/errors.ts";
import { excerptOf } from "./excerpt.ts";

const table = `time,value\n${Array.from({ length: 100_000 }, (_, row) => `2026-01-01,${row + 1}\n`).join("")}`;
const json = JSON.stringify(
  Array.from({ length: 20 }, (_, index) => ({ sensor: `s${index}`, payload: { value: index } })),
  undefined,
  1,
);

/** In small chunks, and how much of it was read. */
function piece(content: string | Uint8Array, type: string) {
  const bytes = Buffer.from(content);
  const read = { bytes: 0 };
  return {
    read,
    of: {
      size: bytes.length,
      type,
      async *read({ start, end }: { start: number; end: number }) {
        for (let at = start; at < Math.min(end, bytes.length); at += 777) {
          const chunk = bytes.subarray(at, Math.min(end, at + 777));
          read.bytes += chunk.length;
          yield chunk;
        }
      },
    },
  };
}

async function marked(content: string | Uint8Array, type: string, place: Place) {
  const found = await excerptOf(piece(content, type).of, place);
  const [only, ...others] = found?.lines.filter((line) => line.marked) ?? [];
  expect(others).toEqual([]);
  return { ...only, lines: found?.lines.length, approximate: found?.approximate };
}

describe("a piece of an object", () => {
  it.each<[string, string | Uint8Array, string, Place, object]>([
    ["a line", table, "text/csv", { line: 3 }, { number: 3, text: "2026-01-01,2", lines: 5, approximate: false }],
    ["the first line", table, "text/csv", { line: 1 }, { number: 1, text: "time,value", lines: 3 }],
    ["a row, by its line", table, "text/csv", { row: 2 }, { number: 3, text: "2026-01-01,2", approximate: true }],
    ["a JSON pointer", json, "application/json", { pointer: "/3/payload/value" }, { text: '   "value": 3' }],
    ["what should hold a missing field", json, "application/json", { pointer: "/3/payload/unit" }, { text: '  "payload": {' }],
    [
      "a row of which a task made what does not fit",
      table,
      "text/csv",
      { row: 2, pointer: "/value" },
      { number: 3, text: "2026-01-01,2", approximate: true },
    ],
    ["a row of a JSON list", json, "application/json", { row: 2 }, { number: 8, text: " {" }],
    ["an offset", table, "text/csv", { offset: table.indexOf(",50000") }, { text: "2026-01-01,50000", lines: 5 }],
    [
      "an offset in what is no text",
      new Uint8Array(200),
      "image/png",
      { offset: 100 },
      { text: expect.stringMatching(/^0+64 {2}00 00/) as string },
    ],
    ["the beginning, where no place is known", table, "text/csv", {}, { number: 1, text: "time,value" }],
  ])("is shown around %s", async (_, content, type, place, expected) => {
    expect(await marked(content, type, place)).toMatchObject(expected);
  });

  it("shows of a long line what is around the column", async () => {
    const line = `${"a".repeat(5_000)}HERE${"b".repeat(5_000)}`;
    const { text } = await marked(line, "text/plain", { line: 1, column: 5_001 });
    expect(text).toMatch(/^…a+HEREb+…$/);
    expect(text?.length).toBeLessThan(200);
  });

  it("reads no more than it has to", async () => {
    const { read, of } = piece(table, "text/csv");
    await excerptOf(of, { line: 3 });
    expect(read.bytes).toBe(777);
  });

  it("has nothing to show of an empty object, nor beyond its end", async () => {
    expect(await excerptOf(piece("", "text/csv").of, { line: 1 })).toBeUndefined();
    expect(await excerptOf(piece("one\n", "text/csv").of, { line: 9 })).toBeUndefined();
  });
});
