import { chunked, chunksOf } from "sluice/sdk";
import { csvTable } from "./csv.ts";
import type { Readable } from "./encoding.ts";
import { readCell } from "./number.ts";

export type CsvDocument = Record<string, string | number | boolean | null>;

/** Each record as a document: numbers and booleans as such, empty cells as null, everything else as text. */
export function csvDocuments(object: Readable): AsyncIterable<CsvDocument> {
  return chunked(async function* () {
    await using table = await csvTable(object);
    const { header } = table;
    const documentOf = (cells: readonly string[]) => {
      const document: CsvDocument = {};
      for (let index = 0; index < header.length; index++) document[header[index] as string] = readCell(cells[index] as string);
      return document;
    };
    for await (const records of chunksOf(table.records)) yield records.map(({ cells }) => documentOf(cells));
  });
}
