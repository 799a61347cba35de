import type { Ansis } from "ansis";
import Table from "cli-table3";
import stringWidth from "string-width";

export type Column<Row> = {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly colour?: (text: string, row: Row) => string;
  readonly align?: "left" | "right";
  /** May be cut where the terminal is too narrow. */
  readonly flexible?: boolean;
};

const gap = 2;
const narrowest = 8;

/** Columns aligned under their titles, without lines, as wide as they must be and no wider than the terminal. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width, paint }: { readonly width: number; readonly paint: Ansis },
): string {
  const cells = rows.map((row) => columns.map((column) => column.value(row)));
  const natural = columns.map(({ title }, index) => Math.max(stringWidth(title), ...cells.map((line) => stringWidth(line[index] ?? ""))));
  const widths = fitted(
    natural,
    columns.map(({ flexible = false }) => flexible),
    width - gap * (columns.length - 1),
  );
  const drawn = new Table({
    head: columns.map(({ title }) => paint.dim(title)),
    colWidths: widths.map((each) => each + gap),
    colAligns: columns.map(({ align = "left" }) => align),
    chars: invisible,
    style: { "padding-left": 0, "padding-right": gap, head: [], border: [], compact: true },
  });
  drawn.push(...cells.map((line, row) => line.map((text, index) => columns[index]?.colour?.(text, rows[row] as Row) ?? text)));
  return drawn
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Takes from the widest flexible column first, until all fit or none can give more. */
function fitted(natural: readonly number[], flexible: readonly boolean[], available: number): readonly number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, each) => sum + each, 0) - available;
  while (excess > 0) {
    let widest = -1;
    for (const [index, each] of widths.entries()) {
      if (flexible[index] && each > narrowest && each > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

const invisible = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};
