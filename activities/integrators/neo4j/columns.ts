import { missingColumn, type Row } from "../writing/rows.ts";
import type { At } from "./to-property.ts";

export function pick(row: Row, columns: readonly string[], at: At): Row {
  return pickAs(row, Object.fromEntries(columns.map((column) => [column, column])), at);
}

/** `names` maps what a value is to be called to the column that holds it. */
export function pickAs(row: Row, names: { readonly [name: string]: string }, { number, context }: At): Row {
  return Object.fromEntries(
    Object.entries(names).map(([name, column]) => {
      const value = row[column];
      if (value === undefined) throw missingColumn(column, row, number, context);
      return [name, value];
    }),
  );
}

export function rest(row: Row, without: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([column]) => !without.includes(column)));
}
