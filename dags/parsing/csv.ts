import { chunked, type ChunkedRows, terminal } from "sluice/sdk";
import { columnNames } from "./column-names.ts";
import { type CsvRecord, csvRecords } from "./csv-records.ts";
import { delimiterOf } from "./delimiter.ts";
import { nameOf, type Readable, utf8Of } from "./encoding.ts";

export type CsvTable = {
  readonly header: readonly string[];
  readonly delimiter: string;
  /** One by one, or the records of each chunk of content together. */
  readonly records: ChunkedRows<CsvRecord>;
};

/** How much is looked at to find the delimiter. */
const headBytes = 64 * 1024;

/**
 * A CSV or TSV as its header and a stream of records, each as wide as the header. The delimiter is found in the
 * first lines; a column without a name gets its number, the second of one name a suffix.
 * @throws `EMPTY_OBJECT`, `RAGGED_ROW`, `MALFORMED_CSV`, `WRONG_ENCODING` (terminal, with the line or the offset)
 */
export async function csvTable(object: Readable): Promise<CsvTable & AsyncDisposable> {
  const { head, all } = await peek(utf8Of(object), headBytes);
  const beginning = new TextDecoder().decode(head);
  const delimiter = delimiterOf(beginning);
  const lineBreak = beginning.includes("\r") && !beginning.includes("\n") ? "\r" : "\n";
  const batches = csvRecords(all, { delimiter, lineBreak }, object);
  const first = await batches.next();
  if (first.done)
    throw terminal(
      "EMPTY_OBJECT",
      `${nameOf(object)} is empty: found no line, expected a header with the names of the columns. Upload it again with its content.`,
      { place: { line: 1 } },
    );
  const [header, ...rest] = first.value as [CsvRecord, ...CsvRecord[]];
  const records = chunked(async function* () {
    if (rest.length > 0) yield rest.splice(0);
    yield* batches;
  });
  return { header: columnNames(header.cells), delimiter, records, [Symbol.asyncDispose]: async () => void (await batches.return()) };
}

/** The first bytes of a stream, and the stream with them still in it. */
async function peek(chunks: AsyncGenerator<Uint8Array>, count: number): Promise<{ head: Uint8Array; all: AsyncIterable<Uint8Array> }> {
  const seen: Uint8Array[] = [];
  let size = 0;
  while (size < count) {
    const next = await chunks.next();
    if (next.done) break;
    seen.push(next.value);
    size += next.value.length;
  }
  async function* all() {
    try {
      yield* seen.splice(0);
      yield* chunks;
    } finally {
      await chunks.return(undefined);
    }
  }
  return { head: Buffer.concat(seen).subarray(0, count), all: all() };
}
