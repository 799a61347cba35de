import { ZipFile } from "yazl";
import { buffer } from "node:stream/consumers";
import type { Content, Draft } from "./expected.ts";
import type { Random } from "./random.ts";

const nouns = ["valve", "motor", "belt", "lamp", "pump", "gauge"] as const;

type Row = { readonly item: string; readonly count: number; readonly price: number; readonly code: string; readonly paid: boolean };

function rowsOf({ serial }: Draft, random: Random): readonly Row[] {
  return Array.from({ length: random.whole(1, 15) }, (_, row) => ({
    item: `${random.pick(nouns)} ${serial}/${row}`,
    count: random.whole(0, 500),
    price: random.whole(1, 99_999) / 100,
    // Written back it would not be the same, so it stays text.
    code: `00${random.whole(10, 99)}`,
    paid: random.chance(0.5),
  }));
}

export function jsonDocuments(draft: Draft, random: Random): Content {
  const documents = rowsOf(draft, random).map((row) => ({ ...row, place: { hall: random.whole(1, 9) }, seen: [1, "two", null] }));
  return {
    bytes: Buffer.from(JSON.stringify(documents)),
    contentType: "application/json",
    expected: { state: "processed", documents: { collection: "json", documents } },
  };
}

export function jsonLinesDocuments(draft: Draft, random: Random): Content {
  const documents = rowsOf(draft, random);
  return {
    bytes: Buffer.from(documents.map((document) => JSON.stringify(document)).join("\n")),
    contentType: "application/x-ndjson",
    expected: { state: "processed", documents: { collection: "json", documents } },
  };
}

const table = (delimiter: string, contentType: string) =>
  function tableDocuments(draft: Draft, random: Random): Content {
    const documents = rowsOf(draft, random).map((row, index) => ({ ...row, remark: index % 3 === 0 ? null : `as ordered` }));
    const lines = documents.map(({ item, count, price, code, paid, remark }) =>
      [item, count, price, code, paid, remark ?? ""].join(delimiter),
    );
    return {
      bytes: Buffer.from(`${[["item", "count", "price", "code", "paid", "remark"].join(delimiter), ...lines].join("\n")}\n`),
      contentType,
      expected: { state: "processed", documents: { collection: "tables", documents } },
    };
  };

export const csvDocuments = table(",", "text/csv");
export const tsvDocuments = table("\t", "text/tab-separated-values");

/** The fewest parts of which a workbook can be made. */
export async function excelDocuments(draft: Draft, random: Random): Promise<Content> {
  const rows = rowsOf(draft, random);
  const sheet = `orders ${draft.serial}`;
  const names = ["item", "count", "price", "paid"] as const;
  const lines = [names, ...rows.map((row) => names.map((name) => row[name]))].map(
    (cells, line) => `<row r="${line + 1}">${cells.map((value, index) => cell(value, `${"ABCD"[index]}${line + 1}`)).join("")}</row>`,
  );
  const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const types = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  const bytes = await zipped({
    "[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${types}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${types}.worksheet+xml"/></Types>`,
    "_rels/.rels": relationTo("officeDocument", "xl/workbook.xml"),
    "xl/workbook.xml": `<workbook xmlns="${main}" xmlns:r="${relations}"><sheets><sheet name="${sheet}" sheetId="1" r:id="r1"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": relationTo("worksheet", "worksheets/sheet1.xml"),
    "xl/worksheets/sheet1.xml": `<worksheet xmlns="${main}"><sheetData>${lines.join("")}</sheetData></worksheet>`,
  });
  const documents = rows.map(({ item, count, price, paid }) => ({ _sheet: sheet, item, count, price, paid }));
  return {
    bytes,
    contentType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    expected: { state: "processed", documents: { collection: "sheets", documents } },
  };

  function relationTo(type: string, target: string): string {
    return `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="${relations}/${type}" Target="${target}"/></Relationships>`;
  }
}

function cell(value: string | number | boolean, at: string): string {
  if (typeof value === "string") return `<c r="${at}" t="inlineStr"><is><t>${value}</t></is></c>`;
  return typeof value === "boolean" ? `<c r="${at}" t="b"><v>${value ? 1 : 0}</v></c>` : `<c r="${at}"><v>${value}</v></c>`;
}

/** Always the same bytes for the same files. */
export async function zipped(files: { readonly [path: string]: string | Buffer }): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), path, { mtime: new Date(Date.UTC(2026, 0, 1)) });
  zip.end();
  return await buffer(zip.outputStream);
}

const words = ["roof", "wind", "sensor", "north", "pipe", "open", "dry", "station"] as const;

/** The statistics are counted as the text is made. */
export function plainText({ key, serial }: Draft, random: Random): Content {
  const lines = Array.from({ length: random.whole(1, 12) }, () =>
    Array.from({ length: random.whole(1, 9) }, () => random.pick(words)).join(" "),
  );
  const content = `Notes ${serial}\n${lines.map((line) => `${line}.\n`).join("")}`;
  const document = {
    name: key,
    content_type: "text/plain",
    bytes: content.length,
    text: content,
    complete: true,
    statistics: {
      characters: content.length,
      words: 2 + lines.reduce((sum, line) => sum + line.split(" ").length, 0),
      lines: lines.length + 1,
      longest_line: Math.max(`Notes ${serial}`.length, ...lines.map((line) => line.length + 1)),
      scripts: { Latin: 1 },
      frequent_words: frequent(lines.flatMap((line) => line.split(" "))),
    },
  };
  return {
    bytes: Buffer.from(content),
    contentType: "text/plain",
    expected: { state: "processed", documents: { collection: "texts", documents: [document] } },
  };
}

function frequent(all: readonly string[]): readonly { readonly word: string; readonly count: number }[] {
  const counted = words.map((word) => ({ word, count: all.filter((one) => one === word).length })).filter(({ count }) => count > 1);
  return counted.toSorted((one, other) => other.count - one.count || (one.word < other.word ? -1 : 1));
}

/** Nothing takes it: the catalog alone knows of it. */
export function firmware(_draft: Draft, random: Random): Content {
  const bytes = Buffer.from([0x13, 0x37, 0x00, 0xfe, ...Array.from({ length: random.whole(100, 900) }, () => random.whole(0, 255))]);
  return { bytes, contentType: "application/x-firmware", expected: { state: "processed" } };
}
