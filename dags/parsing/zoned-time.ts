import { tzOffset } from "@date-fns/tz";
import { terminal } from "sluice/sdk";
import { type DateOrder, readTime, yearFirst } from "./time.ts";

/** A date, or a date with a time of day, and no offset: what a clock on a wall shows. */
const wallClock = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)?$/;
const day = 24 * 60 * 60_000;

/**
 * A time as milliseconds since 1970, like {@link readTime}, but one without an offset is what the clocks of a time
 * zone show. Where they are set back in autumn, an hour exists twice: a time in it is the first of the two, still in
 * summer time. Where they are set forward in spring, an hour does not exist: a time in it cannot be read.
 *
 * @param zone an IANA name such as `Europe/Paris`
 * @param order of day and month, where dates end with their year
 * @returns `undefined` where the time cannot be read
 * @throws `UNKNOWN_ZONE` (terminal)
 * @example
 * ```ts
 * import { readLocalTime } from "sluice/parsing";
 * readLocalTime("2026-07-14 12:00", "Europe/Paris"); // Date.UTC(2026, 6, 14, 10)
 * readLocalTime("2026-07-14T12:00:00Z", "Europe/Paris"); // Date.UTC(2026, 6, 14, 12): it says so itself
 * readLocalTime("14.7.2026 12:00", "Europe/Paris", "dmy"); // Date.UTC(2026, 6, 14, 10)
 * ```
 */
export function readLocalTime(value: unknown, zone: string, order?: DateOrder): number | undefined {
  const given = order && typeof value === "string" ? yearFirst(value.trim(), order) : value;
  const asUtc = readTime(given);
  if (asUtc === undefined || typeof given !== "string" || !wallClock.test(given.trim())) return asUtc;
  const [before, after] = offsetsAround(asUtc, zone);
  // Around a change both offsets may fit; the larger one, which is in force before clocks are set back, comes first.
  const earlier = asUtc - Math.max(before, after);
  if (before === after || offsetAt(earlier, zone) === Math.max(before, after)) return earlier;
  const later = asUtc - Math.min(before, after);
  return offsetAt(later, zone) === Math.min(before, after) ? later : undefined;
}

type Offsets = readonly [before: number, after: number];

/** Asking for an offset costs microseconds and rows come in the order of time, so those of the last day are kept. */
let kept: { readonly zone: string; readonly day: number; readonly offsets: Offsets } | undefined;

/** The offsets in force well before and well after a time of the wall clock: two where clocks are changed nearby. */
function offsetsAround(asUtc: number, zone: string): Offsets {
  const today = Math.floor(asUtc / day);
  if (kept?.zone !== zone || kept.day !== today)
    kept = { zone, day: today, offsets: [offsetAt((today - 1) * day, zone), offsetAt((today + 2) * day, zone)] };
  return kept.offsets;
}

/** In milliseconds, positive east of Greenwich. */
function offsetAt(time: number, zone: string): number {
  const minutes = tzOffset(zone, new Date(time));
  if (!Number.isNaN(minutes)) return Math.round(minutes * 60_000);
  throw terminal("UNKNOWN_ZONE", `Found the time zone ${JSON.stringify(zone)}; expected an IANA name such as Europe/Paris. Correct it.`);
}
