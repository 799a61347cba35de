import type { z } from "zod";
import { terminal } from "../../../sdk/contracts/errors.ts";
import type { JsonObject } from "../../../sdk/contracts/json.ts";

/** Options come from a plan, which may have been written by hand. */
export function readOptions<Schema extends z.ZodType>(schema: Schema, options: JsonObject, integrator: string): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the options"}: ${issue.message}`);
  throw terminal(
    "WRONG_OPTIONS",
    `The options of ${integrator} are not usable: ${problems.join("; ")}. Found ${JSON.stringify(options)}; correct them in the DAG.`,
  );
}
