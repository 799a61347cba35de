import { terminal } from "../../../sdk/contracts/errors.ts";
import type { TaskContext } from "../../../sdk/execution/context.ts";
import { kindOf, placeOf } from "../writing/rows.ts";
import { quoteText } from "./line-protocol.ts";
import { type PointTime, readTime } from "./point-time.ts";

/** The field that says whose point it is. */
export const marker = "object";

/** Names that InfluxDB or the marker need for themselves. */
const reserved = new Set(["time", marker]);

export function tagValue(value: unknown, name: string, number: number, context: TaskContext): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw terminal(
    "WRONG_TYPE",
    `${placeOf(number, context)} has ${kindOf(value)} as tag ${JSON.stringify(name)}: expected text, a number or a boolean.`,
    {
      place: { row: number, field: name },
    },
  );
}

export function fieldValue(value: unknown, name: string, number: number, context: TaskContext): string {
  if (typeof value === "number") {
    if (Number.isFinite(value)) return String(value);
    throw terminal(
      "NOT_A_NUMBER",
      `${placeOf(number, context)} has ${value} in ${JSON.stringify(name)}: InfluxDB keeps finite numbers only. Leave the field out where there is no reading.`,
      {
        place: { row: number, field: name },
      },
    );
  }
  if (typeof value === "string") return quoteText(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return quoteText(value.toISOString());
  throw terminal(
    "WRONG_TYPE",
    `${placeOf(number, context)} has ${kindOf(value)} in ${JSON.stringify(name)}: a field of InfluxDB is a number, text or a boolean. Name the columns to keep in \`fields\`, or flatten the row.`,
    {
      place: { row: number, field: name },
    },
  );
}

export function timeOf(value: unknown, column: string, number: number, context: TaskContext): PointTime {
  const time = readTime(value);
  if (time) return time;
  throw terminal(
    "UNREADABLE_TIME",
    `${placeOf(number, context)} has ${value instanceof Date ? "an invalid date" : kindOf(value)} as time in ${JSON.stringify(column)}: expected a date, ISO 8601 such as 2021-03-28T11:41:06Z, or milliseconds since 1970, between 1678 and 2261.`,
    { place: { row: number, field: column } },
  );
}

export function measurementOf(value: unknown, column: string, number: number, context: TaskContext): string {
  if (typeof value === "string" && value !== "") return value;
  throw terminal(
    "BAD_MEASUREMENT",
    `${placeOf(number, context)} has ${kindOf(value)} in ${JSON.stringify(column)}: expected the name of a measurement.`,
    {
      place: { row: number, field: column },
    },
  );
}

export function refuseReserved(name: string, number: number, context: TaskContext): void {
  if (!reserved.has(name) && name !== "") return;
  throw terminal(
    "RESERVED_NAME",
    `${placeOf(number, context)} has a tag or field named ${JSON.stringify(name)}: InfluxDB and Sluice need this name for themselves. Have the task rename it.`,
    {
      place: { row: number, field: name },
    },
  );
}

/** Whether a column can be a field where nobody said which ones are. */
export function isScalar(value: unknown): boolean {
  return (
    typeof value === "number" ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    typeof value === "bigint" ||
    value instanceof Date
  );
}
