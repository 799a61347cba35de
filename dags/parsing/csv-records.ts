import { CsvError, parse } from "csv-parse";
import { terminal } from "sluice/sdk";
import { nameOf, type Readable } from "./encoding.ts";

/** A record with the line that it ends in. */
export type CsvRecord = { readonly cells: readonly string[]; readonly line: number };

export type CsvDialect = {
  readonly delimiter: string;
  /** `\n` stands for `\r\n` as well. */
  readonly lineBreak: "\n" | "\r";
};

/** A record longer than this is taken for a quote that was never closed. */
const maxRecordLength = 8 * 1024 * 1024;
/**
 * How much is parsed at once. V8 cuts a cell out of its part without copying, so a reader who collects cells keeps no
 * more than this alive for each.
 */
const partBytes = 4 * 1024;

/**
 * The records of each part of the content together, each as wide as the first: handed over one by one they would take
 * longer than to parse. Up to the first quote a record is a line cut at the delimiter, and most files of sensors have
 * no quote; from there on csv-parse reads, which takes ten times as long.
 */
export async function* csvRecords(
  chunks: AsyncIterable<Uint8Array>,
  dialect: CsvDialect,
  object: Readable,
): AsyncGenerator<readonly CsvRecord[], void, void> {
  const records = createCollector(object);
  const parts = partsOf(chunks);
  let line = 0;
  let begun = "";

  function collect(lines: readonly string[]): void {
    for (const text of lines) {
      line += 1;
      const content = text.endsWith("\r") ? text.slice(0, -1) : text;
      if (content !== "") records.add(content.split(dialect.delimiter), line);
    }
  }

  try {
    for (let part = await parts.next(); !part.done; part = await parts.next()) {
      begun += part.value;
      if (part.value.includes('"') || begun.length > maxRecordLength) {
        yield* quotedRecords(begun, parts, dialect, line, records, object);
        return;
      }
      if (!part.value.includes(dialect.lineBreak)) continue;
      const lines = begun.split(dialect.lineBreak);
      begun = lines.pop() ?? "";
      collect(lines);
      yield* records.take();
    }
    collect([begun]);
    yield* records.take();
  } finally {
    await parts.return();
  }
}

/** What csv-parse makes of the rest, from the line that holds the first quote. */
async function* quotedRecords(
  begun: string,
  parts: AsyncIterable<string>,
  { delimiter, lineBreak }: CsvDialect,
  linesBefore: number,
  records: Collector,
  object: Readable,
): AsyncGenerator<readonly CsvRecord[], void, void> {
  const parser = parse({
    delimiter,
    record_delimiter: lineBreak === "\n" ? ["\n", "\r\n"] : lineBreak,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: maxRecordLength,
    on_record: (cells: string[]) => {
      records.add(cells, linesBefore + parser.info.lines);
      return null;
    },
  });
  // They come by the callbacks as well; without a listener they would end the process.
  parser.on("error", () => {});
  const push = (text: string | undefined) =>
    new Promise<Error | undefined>((resolve) => {
      const done = (error?: Error | null) => resolve(error ?? undefined);
      if (text === undefined) parser.end(done);
      else parser.write(text, done);
    });

  async function* texts() {
    yield begun;
    yield* parts;
    yield undefined;
  }

  try {
    for await (const text of texts()) {
      const error = await push(text);
      yield* records.take();
      if (error) throw error instanceof CsvError ? malformed(error, linesBefore, object) : error;
    }
  } finally {
    parser.destroy();
  }
}

async function* partsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += partBytes) yield decoder.decode(chunk.subarray(at, at + partBytes), { stream: true });
}

type Collector = ReturnType<typeof createCollector>;

/** Records until one is not as wide as the first; those before it are handed over before it is reported. */
function createCollector(object: Readable) {
  let batch: CsvRecord[] = [];
  let width: number | undefined;
  let failure: Error | undefined;
  return {
    add(cells: readonly string[], line: number): void {
      if (failure) return;
      width ??= cells.length;
      if (cells.length === width) batch.push({ cells, line });
      else failure = raggedRow(cells.length, width, line, object);
    },
    *take(): Generator<readonly CsvRecord[], void, void> {
      const records = batch;
      batch = [];
      if (records.length > 0) yield records;
      if (failure) throw failure;
    },
  };
}

function raggedRow(found: number, expected: number, line: number, object: Readable) {
  return terminal(
    "RAGGED_ROW",
    `Line ${line} of ${nameOf(object)} has ${found} cells; expected ${expected}, as in the header. Quote cells that hold the delimiter, or fill the missing ones.`,
    { place: { line } },
  );
}

function malformed(error: CsvError, linesBefore: number, object: Readable) {
  const line = linesBefore + Number(error["lines"] ?? 1);
  const where = `Line ${line} of ${nameOf(object)}`;
  const limit = `${maxRecordLength / 1024 / 1024} MiB`;
  const options = { place: { line }, cause: error };
  switch (error.code) {
    case "CSV_QUOTE_NOT_CLOSED":
      return terminal(
        "MALFORMED_CSV",
        `${where} opens a quote that is not closed. Close it, or write "" for a quote in a quoted cell.`,
        options,
      );
    case "CSV_MAX_RECORD_SIZE":
      return terminal(
        "MALFORMED_CSV",
        `${where} is in a record of more than ${limit}: a quote is not closed, or the file is no table. Close the quote, or upload it under its true type.`,
        options,
      );
    default:
      return terminal(
        "MALFORMED_CSV",
        `${where} cannot be read: ${error.message}. Put cells with quotes in quotes, and write "" for a quote inside them.`,
        options,
      );
  }
}
