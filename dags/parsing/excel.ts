import { buffer } from "node:stream/consumers";
import readExcelFile from "read-excel-file/node";
import { terminal } from "sluice/sdk";
import { fromBufferPromise } from "yauzl";
import { columnNames } from "./column-names.ts";
import { nameOf, type Readable } from "./encoding.ts";

type Cell = string | number | boolean | Date | null;

/** A workbook is read whole, so both its file and what it unpacks to are bounded. */
const maxFileBytes = 64 * 1024 * 1024;
const maxUnpackedBytes = 256 * 1024 * 1024;

/**
 * The rows of every sheet as documents by the names in the sheet's first row, with the sheet's name as `_sheet`;
 * rows without any value are skipped, dates are dates.
 * @throws `EMPTY_OBJECT`, `OBJECT_TOO_LARGE`, `MALFORMED_EXCEL` (terminal)
 */
export async function* excelDocuments(object: Readable): AsyncGenerator<Record<string, Cell>> {
  const bytes = await bytesOf(object);
  await refuseBomb(bytes, object);
  for (const { sheet, data } of await sheetsOf(bytes, object)) {
    const [header, ...rows] = data.filter(hasValue);
    if (!header) continue;
    const names = columnNames(header.map((cell) => String(cell ?? "")));
    for (const row of rows) {
      const cells = names.map((name, index): [string, Cell] => [name, row[index] ?? null]);
      yield Object.fromEntries([["_sheet", sheet], ...cells]);
    }
  }
}

async function bytesOf(object: Readable): Promise<Buffer> {
  if (object.size === 0)
    throw terminal(
      "EMPTY_OBJECT",
      `${nameOf(object)} is empty: found 0 bytes, expected an Excel workbook. Upload it again with its content.`,
    );
  if (object.size > maxFileBytes)
    throw terminal(
      "OBJECT_TOO_LARGE",
      `${nameOf(object)} is a workbook of ${object.size} bytes; expected at most ${maxFileBytes}, because a workbook is read whole. Export its sheets as CSV, which has no limit.`,
    );
  return buffer(object.read());
}

async function sheetsOf(bytes: Buffer, object: Readable): Promise<readonly { sheet: string; data: readonly (readonly Cell[])[] }[]> {
  try {
    return (await readExcelFile(bytes)) as unknown as { sheet: string; data: Cell[][] }[];
  } catch (cause) {
    throw malformed(object, cause);
  }
}

/** Unpacks once without keeping anything: what a ZIP says about its sizes may be a lie. */
async function refuseBomb(bytes: Buffer, object: Readable): Promise<void> {
  let unpacked = 0;
  try {
    const zip = await fromBufferPromise(bytes);
    for await (const entry of zip.eachEntry()) {
      if (unpacked + entry.uncompressedSize > maxUnpackedBytes) throw tooLarge(object);
      for await (const chunk of await zip.openReadStreamPromise(entry)) {
        unpacked += (chunk as Uint8Array).length;
        if (unpacked > maxUnpackedBytes) throw tooLarge(object);
      }
    }
  } catch (error) {
    throw error instanceof Error && error.name === "SluiceError" ? error : malformed(object, error);
  }
}

const missing =
  'something is missing that every spreadsheet program writes, such as the references of cells (the `r="B2"` in `<c r="B2">`), which some exporters leave out';

function hasValue(row: readonly Cell[]): boolean {
  return row.some((cell) => cell !== null && cell !== "");
}

function tooLarge(object: Readable) {
  return terminal(
    "OBJECT_TOO_LARGE",
    `The workbook ${nameOf(object)} unpacks to more than ${maxUnpackedBytes / 1024 / 1024} MiB, so it is refused. Split it, or export its sheets as CSV, which has no limit.`,
  );
}

function malformed(object: Readable, cause: unknown) {
  // What the parser takes for granted and does not find makes it stumble in its own code.
  const reason = cause instanceof TypeError ? missing : cause instanceof Error ? cause.message : String(cause);
  return terminal(
    "MALFORMED_EXCEL",
    `${nameOf(object)} cannot be read as an Excel workbook (.xlsx): ${reason.replace(/\.$/, "")}. Open and save it again as .xlsx with Excel or LibreOffice, or export its sheets as CSV.`,
    { cause },
  );
}
