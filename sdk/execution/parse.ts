import type { z } from "zod";
import { terminal } from "../contracts/errors.ts";
import type { ObjectInfo } from "../contracts/object.ts";
import { isSchema, type OutPort } from "../language/ports.ts";

/** What a value is to its task, and the object that the task runs for. */
export type Parsed = {
  readonly what: "input" | "output" | "row";
  readonly row?: number;
  readonly object: Pick<ObjectInfo, "container" | "key">;
};

/** A value by the schema of its port. @throws `SCHEMA_MISMATCH` (terminal), with the place in the value. */
export function parse(port: OutPort | undefined, value: unknown, parsed: Parsed): unknown {
  if (port === undefined) return null;
  if (!isSchema(port)) return value;
  const result = port.safeParse(value);
  if (result.success) return result.data;
  throw mismatch(value, result.error.issues, parsed);
}

function mismatch(value: unknown, [issue, ...more]: readonly z.core.$ZodIssue[], { what, row, object }: Parsed): Error {
  const path = issue?.path ?? [];
  const pointer = path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  const subject = `The task's ${what}${row === undefined ? "" : ` ${row}`} for ${object.container}/${object.key}`;
  const at = pointer === "" ? "" : ` at ${pointer}`;
  const others = more.length > 0 ? `, and ${more.length} more that does not fit` : "";
  return terminal(
    "SCHEMA_MISMATCH",
    `${subject} does not fit its schema${at}: found ${show(valueAt(value, path))}; ${expectedBy(issue)}${others}. Mend the data, or the schema of the task.`,
    { place: { pointer, ...(row !== undefined && { row }) } },
  );
}

/** What zod says without what it says of the value, which it does not show: `expected number`. */
function expectedBy(issue: z.core.$ZodIssue | undefined): string {
  const expected = /\bexpected (.+?)(?:, received .*)?$/s.exec(issue?.message ?? "")?.[1];
  return expected === undefined ? (issue?.message ?? "it is not what the schema describes") : `expected ${expected}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, step) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, step) : undefined), value);
}

const shownLength = 60;

/** A value in a few words. */
function show(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid date" : value.toISOString();
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (typeof value === "object" && value !== null) return `an object with ${Object.keys(value).slice(0, 10).join(", ") || "nothing in it"}`;
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > shownLength ? `${text.slice(0, shownLength)}…` : text;
}
