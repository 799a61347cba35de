import { CsvError, parse } from "csv-parse";
import { chunked, type ChunkedRows, terminal } from "sluice/sdk";
import { columnNames } from "./column-names.ts";
import { delimiterOf } from "./delimiter.ts";
import { nameOf, type Readable, utf8Of } from "./encoding.ts";

/** A record with the line that it ends in. */
export type CsvRecord = { readonly cells: readonly string[]; readonly line: number };

export type CsvTable = {
  readonly header: readonly string[];
  readonly delimiter: string;
  /** One by one, or the records of each chunk of content together. */
  readonly records: ChunkedRows<CsvRecord>;
};

/** A record longer than this is taken for a quote that was never closed. */
const maxRecordBytes = 8 * 1024 * 1024;
/** How much is looked at to find the delimiter. */
const headBytes = 64 * 1024;
/** How much is parsed at once: some hundred records, which the young heap holds until they are written. */
const partBytes = 16 * 1024;

/**
 * A CSV or TSV as its header and a stream of records, each as wide as the header. The delimiter is found in the
 * first lines; a column without a name gets its number, the second of one name a suffix.
 * @throws `EMPTY_OBJECT`, `RAGGED_ROW`, `MALFORMED_CSV`, `WRONG_ENCODING` (terminal, with the line or the offset)
 */
export async function csvTable(object: Readable): Promise<CsvTable & AsyncDisposable> {
  const { head, all } = await peek(utf8Of(object), headBytes);
  const delimiter = delimiterOf(new TextDecoder().decode(head));
  const batches = parsed(all, delimiter, object);
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

/** The records of each part of the content together, at least one: handed over one by one they would take longer than to parse. */
async function* parsed(
  chunks: AsyncIterable<Uint8Array>,
  delimiter: string,
  object: Readable,
): AsyncGenerator<readonly CsvRecord[], void, void> {
  let batch: CsvRecord[] = [];
  const parser = parse({
    delimiter,
    skip_empty_lines: true,
    max_record_size: maxRecordBytes,
    on_record: (cells: string[]) => {
      batch.push({ cells, line: parser.info.lines });
      return null;
    },
  });
  // They come by the callbacks as well; without a listener they would end the process.
  parser.on("error", () => {});
  const push = (chunk: Uint8Array | undefined) =>
    new Promise<Error | undefined>((resolve) => {
      const done = (error?: Error | null) => resolve(error ?? undefined);
      if (chunk) parser.write(chunk, done);
      else parser.end(done);
    });

  async function* parts(): AsyncGenerator<Uint8Array | undefined> {
    for await (const chunk of chunks) for (let at = 0; at < chunk.length; at += partBytes) yield chunk.subarray(at, at + partBytes);
    yield undefined;
  }

  try {
    for await (const part of parts()) {
      const error = await push(part);
      const records = batch;
      batch = [];
      if (records.length > 0) yield records;
      if (error) throw error instanceof CsvError ? csvError(error, object) : error;
    }
  } finally {
    parser.destroy();
  }
}

function csvError(error: CsvError, object: Readable) {
  const line = Number(error["lines"] ?? 1);
  const where = `Line ${line} of ${nameOf(object)}`;
  const options = { place: { line }, cause: error };
  if (error.code === "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH") {
    const found = (error["record"] as { cells?: unknown[] } | unknown[] | undefined) ?? [];
    const count = Array.isArray(found) ? found.length : (found.cells?.length ?? 0);
    const expected = /expect (\d+)/.exec(error.message)?.[1] ?? "as many as the header";
    return terminal(
      "RAGGED_ROW",
      `${where} has ${count} cells; expected ${expected}, as in the header. Quote cells that hold the delimiter, or fill the missing ones.`,
      options,
    );
  }
  if (error.code === "CSV_QUOTE_NOT_CLOSED" || error.code === "CSV_MAX_RECORD_SIZE") {
    return terminal(
      "MALFORMED_CSV",
      `${where} opens a quote that is not closed (within ${maxRecordBytes / 1024 / 1024} MiB). Close it, or write "" for a quote inside a quoted cell.`,
      options,
    );
  }
  return terminal(
    "MALFORMED_CSV",
    `${where} cannot be read: ${error.message}. Put cells with quotes in quotes, and write "" for a quote inside them.`,
    options,
  );
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
