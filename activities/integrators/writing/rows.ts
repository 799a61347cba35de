import { terminal } from "../../../sdk/contracts/errors.ts";
import { chunksOf } from "../../../sdk/execution/broadcast.ts";
import type { TaskContext } from "../../../sdk/execution/context.ts";

export type Row = { readonly [column: string]: unknown };

export type NumberedRow = {
  readonly row: Row;
  /** Counts from 1. */
  readonly number: number;
};

/** Whether an integrator was given rows (a stream or a list) and not a single value. */
export function isRows(input: unknown): input is AsyncIterable<unknown> | readonly unknown[] {
  return Array.isArray(input) || (typeof input === "object" && input !== null && Symbol.asyncIterator in input);
}

/** Rows as they come, many at a time: a step per row would cost as much as what is done with it. */
export function chunksOfRows(input: unknown): AsyncIterable<readonly unknown[]> | readonly (readonly unknown[])[] {
  if (!isRows(input)) return [[input]];
  return Symbol.asyncIterator in input ? chunksOf(input) : [input];
}

/** Rows with their numbers; a single value is one row. */
export async function* numbered(input: unknown, context: TaskContext): AsyncGenerator<NumberedRow> {
  let number = 0;
  for await (const rows of chunksOfRows(input)) {
    context.signal.throwIfAborted();
    for (const row of rows) {
      number += 1;
      yield { row: asRow(row, number, context), number };
    }
  }
}

export function asRow(value: unknown, number: number, context: TaskContext): Row {
  if (isRow(value)) return value;
  throw terminal("NOT_A_ROW", `${placeOf(number, context)} is ${kindOf(value)}: expected an object with named columns.`, {
    place: { row: number },
  });
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** `Row 3 of campus/roof.csv`, to begin a message with. */
export function placeOf(number: number, context: TaskContext): string {
  return `Row ${number} of ${context.object.container}/${context.object.key}`;
}

/** What was found, for a message: short, and in words where JSON has none. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof Date) return "a date";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "string") return `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`;
  return value === null ? "null" : `a value of type ${typeof value}`;
}

export function missingColumn(column: string, row: Row, number: number, context: TaskContext): Error {
  const found = Object.keys(row);
  const listed =
    found
      .slice(0, 20)
      .map((name) => JSON.stringify(name))
      .join(", ") + (found.length > 20 ? ", …" : "");
  return terminal(
    "MISSING_COLUMN",
    `${placeOf(number, context)} has no column ${JSON.stringify(column)}: found ${listed || "no columns"}. Name one of these in the integrator's options, or have the task yield the column.`,
    { place: { row: number, field: column } },
  );
}
