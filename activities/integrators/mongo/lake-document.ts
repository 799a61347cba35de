import type { ObjectInfo } from "../../../sdk/contracts/object.ts";
import type { TaskContext } from "../../../sdk/execution/context.ts";
import { missingColumn, type Row } from "../writing/rows.ts";

/** What a document was made of; kept on it as `_object`. */
export type Origin = {
  readonly id: string;
  readonly number: number;
  readonly container: string;
  readonly key: string;
  readonly version: string;
};

export function originOf({ id, number, container, key, version }: ObjectInfo): Origin {
  return { id, number, container, key, version };
}

/** `_id` and `_object` are the lake's own; a row's field of such a name gets one underscore more in front. */
const ownNames = /^_+(?:id|object)$/;

export function toDocument(
  id: string,
  row: Row,
  origin: Origin,
): { readonly _id: string; readonly _object: Origin; readonly [field: string]: unknown } {
  const fields = Object.entries(row).map(([name, value]) => [fieldName(name), value] as const);
  return { _id: id, _object: origin, ...Object.fromEntries(fields) };
}

/**
 * Dots, and `$` inside a document, are stored as they are. At its top a name that begins with `$` would make an update
 * operator of the replacement: it gets the full-width dollar sign (U+FF04) that MongoDB once recommended.
 */
function fieldName(name: string): string {
  if (ownNames.test(name)) return `_${name}`;
  return name.startsWith("$") ? `\uFF04${name.slice(1)}` : name;
}

/**
 * `<object id>/<DAG>/<node>`, what a single value is named: the same on every attempt, and no other task's, though
 * several may write to one collection. In the body of a map with the item, `<object id>/<DAG>/<node>[3]`.
 */
export function ownName({ object, run: { dag, node, item } }: Pick<TaskContext, "object" | "run">): string {
  return `${object.id}/${dag}/${node}${item === undefined ? "" : `[${item}]`}`;
}

/** The name without the item. */
export function nameOfAllItems(own: string): string {
  return own.replace(/\[[\d/]+\]$/, "");
}

/** `<own name>/<row>`. */
export function rowId(own: string, number: number): string {
  return `${own}/${number}`;
}

/** The values of the id columns; no two different lists of values make the same text. */
export function columnsId(columns: readonly string[], row: Row, number: number, context: TaskContext): string {
  return columns
    .map((column) => {
      const value = row[column];
      if (isAbsent(value)) throw missingColumn(column, row, number, context);
      return textOf(value).replace(/[\\/]/g, "\\$&");
    })
    .join("/");
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value instanceof Date ? value.toISOString() : typeof value === "bigint" ? value.toString() : JSON.stringify(value);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (value instanceof Date && Number.isNaN(value.getTime()));
}
