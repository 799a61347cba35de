import { csvTable } from "./csv.ts";
import type { Readable } from "./encoding.ts";

/**
 * The rows of a CSV or TSV as objects of text, named by the header. The delimiter is found by itself; memory does not
 * grow with the file.
 *
 * @throws `EMPTY_OBJECT`, `RAGGED_ROW`, `MALFORMED_CSV`, `WRONG_ENCODING` (terminal, with the line or the offset)
 * @example
 * ```ts
 * import { object, rows, task } from "sluice/sdk";
 * import { csvRows } from "sluice/parsing";
 * import { z } from "zod";
 * const Reading = z.object({ sensor: z.string(), time: z.coerce.date(), value: z.coerce.number() });
 * export const parse = task({ name: "parse", in: object, out: rows(Reading), async *run(object) {
 *   for await (const { sensor = "", time, value } of csvRows(object)) yield { sensor, time, value };
 * } });
 * ```
 */
export async function* csvRows(object: Readable): AsyncGenerator<{ readonly [column: string]: string }> {
  await using table = await csvTable(object);
  for await (const { cells } of table.records) {
    const row: { [column: string]: string } = {};
    for (const [index, name] of table.header.entries()) row[name] = cells[index] ?? "";
    yield row;
  }
}
