import type { ObjectInfo } from "../contracts/object.ts";
import type { ArrivalPattern } from "../plan/plan.ts";
import { placeOfCaller, type SourcePlace } from "./flow.ts";
import { checkOptions } from "./known-options.ts";
import { callback, required, text } from "./option-kinds.ts";
import type { Value } from "./symbolic.ts";

const dagBrand = Symbol.for("sluice.dag");

export type DagDefinition = {
  readonly [dagBrand]: true;
  readonly name: string;
  readonly on: readonly ArrivalPattern[];
  readonly flow: (object: Value<ObjectInfo>) => unknown;
  readonly place: SourcePlace;
};

const known = {
  name: required(text),
  on: required({ expected: "what arrival({ … }) returns, or a list of that", takes: isOn }),
  flow: required(callback),
};

/**
 * A DAG: which arrivals start it, and a function that wires its tasks. The function is run once when the file is
 * loaded, with symbolic values: passing a value is the edge.
 *
 * @example
 * ```ts
 * import { arrival, dag, mime, object, rows, task } from "sluice/sdk";
 * import { influxPoints } from "sluice/integrators";
 * import { z } from "zod";
 * const Reading = z.object({ sensor: z.string(), time: z.coerce.date(), value: z.number() });
 * const parse = task({ name: "parse", in: object, out: rows(Reading), async *run(object) { yield* JSON.parse(await object.text()); } });
 * export default dag({
 *   name: "readings",
 *   on: arrival({ container: "campus", types: mime.json }),
 *   flow(object) {
 *     influxPoints(parse(object), { measurement: "readings", tags: ["sensor"], time: "time" });
 *   },
 * });
 * ```
 */
export function dag(definition: {
  readonly name: string;
  readonly on: ArrivalPattern | readonly ArrivalPattern[];
  flow(object: Value<ObjectInfo>): unknown;
}): DagDefinition {
  const { name, on, flow } = checkOptions("dag", definition, known) ? definition : asFarAsItHolds(definition);
  return { [dagBrand]: true, name, on: [on].flat(), flow, place: placeOfCaller() };
}

/** Its file is not put in force; the rest of it is checked all the same. */
function asFarAsItHolds(definition: unknown): Pick<DagDefinition, "name" | "on" | "flow"> {
  const { name, on, flow } = Object(definition) as Partial<DagDefinition>;
  return {
    name: text.takes(name) ? String(name) : "unnamed",
    on: isOn(on) ? (on ?? []) : [],
    flow: callback.takes(flow) && flow ? flow : () => {},
  };
}

export function isDagDefinition(value: unknown): value is DagDefinition {
  return typeof value === "object" && value !== null && (value as Partial<DagDefinition>)[dagBrand] === true;
}

function isOn(value: unknown): boolean {
  const patterns: readonly unknown[] = Array.isArray(value) ? value : [value];
  return patterns.every((one) => typeof one === "object" && one !== null && Array.isArray((one as Partial<ArrivalPattern>).types));
}
