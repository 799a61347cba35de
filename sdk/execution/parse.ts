import { terminal } from "../contracts/errors.ts";
import { isSchema, type OutPort } from "../language/ports.ts";

/** A value by the schema of its port. @throws `SCHEMA_MISMATCH` (terminal), with the place in the value. */
export function parse(port: OutPort | undefined, value: unknown, what: "input" | "output" | "row", row?: number): unknown {
  if (port === undefined) return null;
  if (!isSchema(port)) return value;
  const parsed = port.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const pointer = (issue?.path ?? []).map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  const number = row === undefined ? "" : ` ${row}`;
  const at = pointer === "" ? "" : ` at ${pointer}`;
  throw terminal(
    "SCHEMA_MISMATCH",
    `The task's ${what}${number} does not fit its schema${at}: ${issue?.message ?? "unknown"}. Mend the data, or the schema of the task.`,
    {
      place: { pointer, ...(row !== undefined && { row }) },
    },
  );
}
