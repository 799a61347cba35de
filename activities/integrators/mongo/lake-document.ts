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

/** `<object id>/<row>`: the same on every attempt. A single value has the object's id. */
export function rowId(object: Pick<ObjectInfo, "id">, number: number, single: boolean): string {
  return single ? object.id : `${object.id}/${number}`;
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
