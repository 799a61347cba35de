/**
 * A point's time: milliseconds since 1970, and what ISO 8601 says below the millisecond, as six digits of nanoseconds.
 */
export type PointTime = { readonly ms: number; readonly below: string };

/** InfluxDB keeps nanoseconds in 64 bits, which end in 1677 and 2262. */
const furthest = 9_223_372_036_853;

const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;
const whole = "000000";

/** Undefined where it cannot be read. A text without a zone is UTC, so that it means the same on every worker. */
export function readTime(value: unknown): PointTime | undefined {
  if (value instanceof Date) return inRange(value.getTime(), whole);
  if (typeof value === "string") return readIso(value);
  if (typeof value !== "number") return undefined;
  const ms = Math.floor(value);
  return inRange(ms, ms === value ? whole : String(Math.floor((value - ms) * 1e6)).padStart(6, "0"));
}

/** `epochNanoseconds` in line protocol. */
export function nanoseconds({ ms, below }: PointTime): string {
  if (ms >= 0 || below === whole) return `${ms === 0 ? "" : ms}${below}`;
  return String(BigInt(ms) * 1_000_000n + BigInt(below));
}

function readIso(text: string): PointTime | undefined {
  const match = iso.exec(text);
  if (!match) return undefined;
  const [, year, month, day, clock = "00:00", fraction = "", zone = "Z"] = match;
  if (Number(day) > 28 && Number(day) > daysIn(Number(year), Number(month))) return undefined;
  const seconds = clock.length === 5 ? `${clock}:00` : clock;
  const ms = Date.parse(`${year}-${month}-${day}T${seconds}${zoneOf(zone)}`);
  const digits = fraction.padEnd(9, "0");
  return inRange(ms + Number(digits.slice(0, 3)), digits.slice(3));
}

function zoneOf(zone: string): string {
  if (zone.length === 1) return "Z";
  return zone.length === 3 ? `${zone}:00` : zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
}

/** `Date.parse` takes the 30th of February for the 2nd of March. */
function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function inRange(ms: number, below: string): PointTime | undefined {
  return Math.abs(ms) <= furthest ? { ms, below } : undefined;
}
