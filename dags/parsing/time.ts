/** A date, then perhaps a time of day, then perhaps an offset; blanks as in SQL dumps are fine. */
const written = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?))?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i;
const epoch = /^-?\d{1,19}$/;

/** In which order day and month stand where a date does not begin with its year: 14.7.2026, or 7/14/2026. */
export type DateOrder = "dmy" | "mdy";

/** Parted by dots, slashes or hyphens; then perhaps a time of day, of 12 hours where it says so. */
const yearLast = /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:(?:,?\s+|T)(\d{1,2})(:\d{2}.*?)\s*([ap]m)?)?$/i;

/** What is accepted, for messages. */
export const expectedTime = "a time such as 2026-03-28T11:41:06Z, or seconds or milliseconds since 1970";

/**
 * A time as milliseconds since 1970; `undefined` where it cannot be read. A time without an offset is UTC, so that
 * the same object means the same on every machine. Numbers are seconds, or by their size milli-, micro- or
 * nanoseconds. Other notations are refused rather than guessed: 03/04/2026 has two meanings, and is read only where
 * `order` says which.
 *
 * @example
 * ```ts
 * import { readTime } from "sluice/parsing";
 * readTime("14.7.2026 9:30", "dmy"); // Date.UTC(2026, 6, 14, 9, 30)
 * readTime("7/14/2026 2:30 PM", "mdy"); // Date.UTC(2026, 6, 14, 14, 30)
 * ```
 */
export function readTime(value: unknown, order?: DateOrder): number | undefined {
  if (typeof value === "string") {
    if (order) return readText(yearFirst(value.trim(), order));
    // The form that machines write, by far the most frequent: straight to the engine's own fast path.
    if (value.length === 24 && value.charCodeAt(23) === 90 && value.charCodeAt(10) === 84 && isDay(value)) {
      return finite(Date.parse(value)) ?? readText(value);
    }
    return readText(value.trim());
  }
  if (typeof value === "number") return readEpoch(value);
  if (value instanceof Date) return finite(value.getTime());
  return undefined;
}

function readText(text: string): number | undefined {
  if (epoch.test(text)) return readEpoch(Number(text));
  const [, date, time = "00:00:00", offset = "Z"] = written.exec(text) ?? [];
  if (date === undefined) return undefined;
  return isDay(date) ? finite(Date.parse(`${date}T${time.replace(",", ".")}${offsetOf(offset)}`)) : undefined;
}

/** The same as ISO 8601 has it, if it is a date that ends with its year; else as it is. */
export function yearFirst(text: string, order: DateOrder): string {
  const found = yearLast.exec(text);
  if (!found) return text;
  const [, first = "", , second = "", year, hours, rest, half] = found;
  const [day, month] = order === "dmy" ? [first, second] : [second, first];
  const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  if (hours === undefined) return date;
  if (half && (Number(hours) < 1 || Number(hours) > 12)) return text;
  const hour = half ? (Number(hours) % 12) + (/^p/i.test(half) ? 12 : 0) : Number(hours);
  return `${date} ${String(hour).padStart(2, "0")}${rest}`;
}

/** The engine rolls 31 February over into March; a day that does not exist cannot be read. */
function isDay(date: string): boolean {
  const day = Number(date.slice(8, 10));
  return day < 29 || day <= new Date(Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)), 0)).getUTCDate();
}

function offsetOf(offset: string): string {
  if (/^(Z|UTC)$/i.test(offset)) return "Z";
  const digits = offset.slice(1).replace(":", "").padEnd(4, "0");
  return `${offset[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

function readEpoch(value: number): number | undefined {
  const size = Math.abs(value);
  const milliseconds = size < 1e11 ? value * 1e3 : size < 1e14 ? value : size < 1e17 ? value / 1e3 : value / 1e6;
  return finite(new Date(milliseconds).getTime());
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
