const notation = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const decimalComma = /^[+-]?\d+,\d+$/;

/** A finite number, or `undefined`: `NaN`, infinities, what overflows, hexadecimal and words are none. */
export function readNumber(value: unknown, options: { decimalComma?: boolean } = {}): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (notation.test(text)) return finite(Number(text));
  if (options.decimalComma && decimalComma.test(text)) return finite(Number(text.replace(",", ".")));
  return undefined;
}

/**
 * A cell as the value it stands for: empty is null; a number only if it is written as one would write it back, so
 * that `007`, `+33 5 61` and long identifiers stay text; `true` and `false`.
 */
export function readCell(cell: string): string | number | boolean | null {
  if (cell === "") return null;
  const first = cell.charCodeAt(0);
  if ((first >= 48 && first <= 57) || first === 45) {
    const number = Number(cell);
    return plainNumber.test(cell) && Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : cell;
  }
  if (cell === "true") return true;
  if (cell === "false") return false;
  return cell;
}

const plainNumber = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,17})?$/;

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
