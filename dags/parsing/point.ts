import { type Place, terminal } from "sluice/sdk";
import { type Readable, nameOf } from "./encoding.ts";
import { readNumber } from "./number.ts";
import { expectedTime, readTime } from "./time.ts";

/** A point of InfluxDB, as `influxPoints` takes it where it is given no options. */
export type Point = {
  readonly measurement: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly tags: Record<string, string>;
  readonly fields: Record<string, number | string | boolean>;
};

/** The measurement of readings that name no unit. */
export const unnamedMeasurement = "readings";

/** The name that a unit or a column gets in InfluxDB, as the predecessor made it. */
export function influxName(name: string): string {
  return name.replaceAll(".", "_");
}

/** @throws `UNREADABLE_TIME` (terminal) */
export function timeAt(value: unknown, object: Readable, field: string, place: Place): number {
  const time = readTime(value);
  if (time !== undefined) return time;
  throw terminal(
    "UNREADABLE_TIME",
    `${whereIn(object, place)} has the ${field} ${show(value)}, which is no time. Expected ${expectedTime}. Correct it, or drop the reading.`,
    {
      place: { ...place, field },
    },
  );
}

/** @throws `NOT_A_NUMBER` (terminal) */
export function numberAt(value: unknown, object: Readable, field: string, place: Place, options?: { decimalComma?: boolean }): number {
  const number = readNumber(value, options);
  if (number !== undefined) return number;
  throw terminal(
    "NOT_A_NUMBER",
    `${whereIn(object, place)} has the ${field} ${show(value)}; expected a finite number (InfluxDB holds neither NaN nor infinities). Correct it, or leave the value out where there was no reading.`,
    {
      place: { ...place, field },
    },
  );
}

/**
 * One or several measurements with their values: the predecessor's energy meters write both as lists of one length.
 * @throws `UNEQUAL_LISTS` (terminal)
 */
export function pairsAt(
  units: unknown,
  values: unknown,
  object: Readable,
  place: Place,
): readonly (readonly [unit: unknown, value: unknown])[] {
  if (!Array.isArray(units) && !Array.isArray(values)) return [[units, values]];
  const [unitList, valueList] = [listOf(units), listOf(values)];
  if (unitList.length === valueList.length) return unitList.map((unit, index) => [unit, valueList[index]]);
  throw terminal(
    "UNEQUAL_LISTS",
    `${whereIn(object, place)} has ${valueList.length} values for ${unitList.length} units: found ${show(values)} and ${show(units)}. Expected one unit for each value.`,
    { place },
  );
}

/** @throws `NOT_A_UNIT` (terminal) */
export function measurementOf(unit: unknown, object: Readable, place: Place): string {
  if (isMissing(unit)) return unnamedMeasurement;
  if (typeof unit === "string" || typeof unit === "number") return influxName(String(unit)).trim() || unnamedMeasurement;
  throw terminal(
    "NOT_A_UNIT",
    `${whereIn(object, place)} has ${show(unit)} as its unit; expected a name such as "celsius", which becomes the measurement. Correct it.`,
    { place },
  );
}

/** Absent, null and empty say that there was no reading: no point is made of them. */
export function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

/** `Line 4 of campus/roof.csv`, or `/3/value (line 1) of campus/roof.json`. */
export function whereIn(object: Readable, place: Place): string {
  if (place.pointer && place.line !== undefined) return `${place.pointer} (line ${place.line}) of ${nameOf(object)}`;
  if (place.line !== undefined) return `Line ${place.line} of ${nameOf(object)}`;
  if (place.row !== undefined) return `Row ${place.row} of ${nameOf(object)}`;
  return `${place.pointer || "The document"} of ${nameOf(object)}`;
}

/** A value for a message, cut where it is long. */
export function show(value: unknown): string {
  const text = value === undefined ? "nothing" : typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "nothing");
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
