import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CsvRecord, csvRecords } from "./csv-records.ts";
import { testObject } from "./test-object.ts";

const cell = fc.oneof({ weight: 9, arbitrary: fc.string({ maxLength: 12 }) }, { weight: 1, arbitrary: fc.constant('say "so",\nor not') });
const table = fc
  .integer({ min: 1, max: 5 })
  .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }));

/** As a program writes it that quotes only where it must. */
function written(rows: readonly (readonly string[])[], lineBreak: string): string {
  const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => row.map(quoted).join(",") + lineBreak).join("");
}

async function* inChunks(content: Buffer, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += length) yield content.subarray(at, at + length);
}

describe("records of a CSV", () => {
  it("are those that csv-parse finds, wherever the first quote stands and the content is cut", async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom("\n", "\r\n"), fc.integer({ min: 1, max: 50 }), async (rows, lineBreak, length) => {
        const content = written(rows, lineBreak);
        const found: CsvRecord[] = [];
        const dialect = { delimiter: ",", lineBreak: "\n" } as const;
        for await (const batch of csvRecords(inChunks(Buffer.from(content), length), dialect, testObject(content))) found.push(...batch);
        const expected: CsvRecord[] = [];
        parse(content, {
          skip_empty_lines: true,
          record_delimiter: ["\n", "\r\n"],
          on_record: (cells: string[], { lines }) => void expected.push({ cells, line: lines }),
        });
        expect(found).toEqual(expected);
      }),
    );
  });
});
