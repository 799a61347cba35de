import { type DataProcessing, dataProcessings } from "../contracts/object.ts";
import type { ArrivalPattern } from "../plan/plan.ts";
import { checkOptions, type KnownOptions } from "./known-options.ts";
import { contentTypes, globs, number, oneOf } from "./option-kinds.ts";

type OneOrMore = string | readonly string[];

/** Which objects a DAG takes; what is left out matches everything. */
export type ArrivalOptions = {
  /** Globs of container names: `campus`, `campus-*`. */
  readonly container?: OneOrMore;
  /** Globs over the whole key: `roof/**`, `**\/*.csv`. */
  readonly key?: OneOrMore;
  /** Content types, with wildcards: `text/csv`, `image/*`. */
  readonly types?: OneOrMore;
  readonly dataProcessing?: DataProcessing;
  readonly project?: OneOrMore;
  readonly user?: OneOrMore;
  /** Of all patterns that match an object, only those of the highest priority run. Default 0; what ships has -10. */
  readonly priority?: number;
};

const known = {
  container: globs,
  key: globs,
  types: contentTypes,
  dataProcessing: oneOf(dataProcessings),
  project: globs,
  user: globs,
  priority: number,
} satisfies KnownOptions & { readonly [Name in keyof ArrivalOptions]-?: unknown };

/**
 * The arrivals that start a DAG. All DAGs that match at the highest priority run, those with `dataProcessing:
 * "custom"` before the others.
 *
 * @example
 * ```ts
 * import { arrival, mime } from "sluice/sdk";
 * export const readings = arrival({ container: "campus-*", types: [mime.csv, mime.json], key: "roof/**" });
 * ```
 */
export function arrival(given: ArrivalOptions = {}): ArrivalPattern {
  const options = checkOptions("arrival", given, known) ? given : {};
  return {
    container: listOf(options.container, "*"),
    key: listOf(options.key, "**"),
    types: listOf(options.types, "*/*"),
    ...(options.dataProcessing && { dataProcessing: options.dataProcessing }),
    ...(options.project !== undefined && { project: listOf(options.project, "*") }),
    ...(options.user !== undefined && { user: listOf(options.user, "*") }),
    priority: options.priority ?? 0,
  };
}

function listOf(given: OneOrMore | undefined, fallback: string): readonly string[] {
  if (given === undefined) return [fallback];
  return typeof given === "string" ? [given] : [...given];
}
