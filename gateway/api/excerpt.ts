import { findNodeAtLocation, parseTree } from "jsonc-parser";
import type { Place } from "../../sdk/contracts/errors.ts";
import type { Excerpt } from "./types.ts";

/** What is read of an object to show a piece of it: a line far down is not looked for for ever. */
const mostRead = 64 * 1024 * 1024;
/** A pointer is followed in JSON up to this size. */
const mostParsed = 4 * 1024 * 1024;
const linesAround = 2;
const widest = 160;

type Read = (range: { readonly start: number; readonly end: number }) => AsyncIterable<Uint8Array>;
type Piece = { readonly size: number; readonly type: string; readonly read: Read };

/** The piece of an object around a place, line by line; its beginning where no place is known. */
export async function excerptOf(piece: Piece, place: Place = {}): Promise<Excerpt | undefined> {
  const { size } = piece;
  if (size === 0) return undefined;
  const { line, column, offset, pointer, row } = place;
  if (line !== undefined) return aroundLine(piece, line, column);
  if (offset !== undefined) return aroundOffset(piece, offset);
  // Beside a row, a pointer points into what a task made of the row: the object may be no JSON at all.
  if (pointer !== undefined && row === undefined && size <= mostParsed) return aroundPointer(piece, pointer);
  if (row !== undefined && piece.type.endsWith("json") && size <= mostParsed) return aroundPointer(piece, `/${row - 1}${pointer ?? ""}`);
  // Rows are counted without the header; a cell that holds line breaks moves those after it.
  if (row !== undefined) {
    const found = await aroundLine(piece, /csv|separated/.test(piece.type) ? row + 1 : row);
    return found && { ...found, approximate: true };
  }
  return aroundLine(piece, 1);
}

async function aroundLine({ read, size }: Piece, wanted: number, column?: number): Promise<Excerpt | undefined> {
  const decoder = new TextDecoder();
  const lines: { readonly number: number; readonly text: string }[] = [];
  let [number, text, seen] = [1, "", 0];
  const keep = () => {
    if (number >= wanted - linesAround) lines.push({ number, text });
    [number, text] = [number + 1, ""];
  };
  outer: for await (const chunk of read({ start: 0, end: Math.min(size, mostRead) })) {
    if (seen === 0 && isBinary(chunk)) return dump(chunk, 0);
    seen += chunk.length;
    const parts = decoder.decode(chunk, { stream: true }).split("\n");
    for (const [index, part] of parts.entries()) {
      // Of a line that is longer than any screen, what is around its column is enough.
      if (text.length < widest * 4 + (column ?? 0)) text += part;
      if (index === parts.length - 1) break;
      keep();
      if (number > wanted + linesAround) break outer;
    }
  }
  if (text !== "") keep();
  const found = lines.filter((one) => one.number <= wanted + linesAround);
  if (found.length === 0) return undefined;
  return {
    lines: found.map((one) => ({
      number: one.number,
      text: cut(one.text.replace(/\r$/, ""), one.number === wanted ? column : undefined),
      marked: one.number === wanted,
    })),
    approximate: false,
  };
}

async function aroundOffset({ read, size }: Piece, offset: number): Promise<Excerpt | undefined> {
  const start = Math.max(0, Math.min(offset, size - 1) - 1_000);
  const bytes = await collect(read({ start, end: Math.min(size, offset + 1_000) }));
  if (isBinary(bytes)) return dump(bytes.subarray(Math.max(0, offset - start - 32)), Math.max(start, offset - 32), offset);
  const before = new TextDecoder().decode(bytes.subarray(0, offset - start));
  const text = new TextDecoder().decode(bytes);
  const line = before.split("\n").length;
  return excerptAt(text, line, before.length - before.lastIndexOf("\n"), false);
}

async function aroundPointer({ read, size }: Piece, pointer: string): Promise<Excerpt | undefined> {
  const text = new TextDecoder().decode(await collect(read({ start: 0, end: size })));
  const root = parseTree(text);
  const steps = pointer.split("/").slice(1);
  const path = steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll("~1", "/").replaceAll("~0", "~")));
  // What is missing stands in what is there.
  for (let depth = path.length; root && depth >= 0; depth -= 1) {
    const node = findNodeAtLocation(root, path.slice(0, depth));
    if (!node) continue;
    const before = text.slice(0, node.offset);
    return excerptAt(text, before.split("\n").length, node.offset - before.lastIndexOf("\n"), true);
  }
  return excerptAt(text, 1, 1, true);
}

function excerptAt(text: string, line: number, column: number, numbered: boolean): Excerpt {
  const from = Math.max(1, line - linesAround);
  const lines = text.split("\n").slice(from - 1, line + linesAround);
  return {
    lines: lines.map((one, index) => ({
      ...(numbered && { number: from + index }),
      text: cut(one.replace(/\r$/, ""), from + index === line ? column : undefined),
      marked: from + index === line,
    })),
    approximate: false,
  };
}

/** Around its column, counted from 1, where the line is longer than that. */
function cut(line: string, column = 1): string {
  if (line.length <= widest) return line;
  const from = Math.max(0, Math.min(column - 1 - widest / 2, line.length - widest));
  return `${from > 0 ? "…" : ""}${line.slice(from, from + widest)}${from + widest < line.length ? "…" : ""}`;
}

function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 8_192).includes(0);
}

/** Four lines of 16 bytes, as `xxd` shows them. */
function dump(bytes: Uint8Array, start: number, marked = start): Excerpt {
  const rows = Array.from({ length: Math.min(4, Math.ceil(bytes.length / 16)) }, (_, index) => bytes.subarray(index * 16, index * 16 + 16));
  return {
    lines: rows.map((row, index) => {
      const at = start + index * 16;
      const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
      const ascii = Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
      return { text: `${at.toString(16).padStart(8, "0")}  ${hex.padEnd(47)}  ${ascii}`, marked: marked >= at && marked < at + 16 };
    }),
    approximate: false,
  };
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(chunks));
}
