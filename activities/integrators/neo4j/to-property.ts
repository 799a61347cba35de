import neo4j from "neo4j-driver";
import { terminal } from "../../../sdk/contracts/errors.ts";
import type { TaskContext } from "../../../sdk/execution/context.ts";
import { kindOf, placeOf, type Row } from "../writing/rows.ts";
import type { Properties } from "./graph-parts.ts";

/** Where a value stands, for messages. */
export type At = { readonly number: number; readonly context: TaskContext };

/** Values as Neo4j keeps them; those that are null or absent are left out, so that they erase nothing. */
export function toProperties(values: Row, at: At): Properties {
  const properties: { [name: string]: unknown } = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined) continue;
    refuseName(name, "property", at);
    properties[name] = toProperty(value, name, at);
  }
  return properties;
}

/** The values that a node is merged by: none may be missing. */
export function toKey(values: Row, label: string, at: At): Properties {
  const names = Object.keys(values);
  if (names.length === 0) throw incomplete(label, "no property", at);
  for (const name of names) {
    const value = values[name];
    if (value === null || value === undefined || value === "") throw incomplete(label, `nothing in ${JSON.stringify(name)}`, at, name);
    if (typeof value === "object" && !(value instanceof Date))
      throw incomplete(label, `${kindOf(value)} in ${JSON.stringify(name)}`, at, name);
    if (typeof value === "number" && Number.isNaN(value)) throw incomplete(label, `NaN in ${JSON.stringify(name)}`, at, name);
  }
  return toProperties(values, at);
}

/** Labels, types and names of properties. */
export function refuseName(name: string, what: string, { number, context }: At): void {
  if (name !== "" && name.length <= 1_000 && !name.includes("\0")) return;
  throw terminal(
    "BAD_NAME",
    `${placeOf(number, context)} has the ${what} ${JSON.stringify(name.slice(0, 60))}: a name has 1 to 1,000 characters and no NUL.`,
    {
      place: { row: number, field: name.slice(0, 60) },
    },
  );
}

function toProperty(value: unknown, name: string, at: At): unknown {
  if (Array.isArray(value)) return listOf(value, name, at);
  const property = toScalar(value);
  if (property === undefined) throw notAProperty(value, name, at);
  return property;
}

/** The driver sends numbers as floats: a whole one is to look whole in the graph. */
function toScalar(value: unknown): unknown {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0) ? neo4j.int(value) : value;
  if (typeof value === "bigint") return neo4j.int(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return neo4j.types.DateTime.fromStandardDate(value);
  return undefined;
}

/** Neo4j keeps lists of one kind only; numbers are whole all of them or floats all of them. */
function listOf(values: readonly unknown[], name: string, at: At): readonly unknown[] {
  const kinds = new Set(values.map((value) => (value instanceof Date ? "date" : typeof value)));
  if (kinds.size > 1) throw notAProperty(values, name, at);
  if (values.some((value) => typeof value === "number" && !Number.isSafeInteger(value))) return values;
  return values.map((value) => {
    const property = toScalar(value);
    if (property === undefined) throw notAProperty(value, name, at);
    return property;
  });
}

function notAProperty(value: unknown, name: string, { number, context }: At): Error {
  return terminal(
    "NOT_A_PROPERTY",
    `${placeOf(number, context)} has ${kindOf(value)} in ${JSON.stringify(name)}: a property of Neo4j is text, a number, a boolean, a date or a list of one of these. Flatten it, or make a node of it.`,
    { place: { row: number, field: name } },
  );
}

function incomplete(label: string, found: string, { number, context }: At, field?: string): Error {
  return terminal(
    "MISSING_KEY",
    `${placeOf(number, context)} has ${found} as key of a node ${JSON.stringify(label)}: a node is known by its key, so every part of it needs a value.`,
    {
      place: { row: number, ...(field !== undefined && { field }) },
    },
  );
}
