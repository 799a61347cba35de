import { csvTable } from "./csv.ts";
import type { Readable } from "./encoding.ts";
import { readCell } from "./number.ts";

/** Each record as a document: numbers and booleans as such, empty cells as null, everything else as text. */
export async function* csvDocuments(object: Readable): AsyncGenerator<Record<string, string | number | boolean | null>> {
  await using table = await csvTable(object);
  const { header } = table;
  for await (const { cells } of table.records) {
    const document: Record<string, string | number | boolean | null> = {};
    for (let index = 0; index < header.length; index++) document[header[index] as string] = readCell(cells[index] as string);
    yield document;
  }
}
