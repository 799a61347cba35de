import { type TriggerRule, triggerRules } from "../plan/plan.ts";
import { currentFlow, freshId, placeOfCaller, within } from "./flow.ts";
import { checkOptions } from "./known-options.ts";
import { flag, oneOf, required } from "./option-kinds.ts";
import { type Result, type Rows, symbolic, symbolicOf, type Value } from "./symbolic.ts";

/** The trigger rules by name; their truth table stands in `sdk/README.md`. */
export const rule = {
  allSuccess: "allSuccess",
  allDone: "allDone",
  anySuccess: "anySuccess",
  anyFailed: "anyFailed",
  allFailed: "allFailed",
  noneFailed: "noneFailed",
} as const satisfies { [Name in TriggerRule]: Name };

type Settled = Value<unknown> | Rows<unknown>;
type Results<Inputs extends readonly Settled[]> = {
  readonly [Index in keyof Inputs]: Inputs[Index] extends Value<infer T> ? Value<Result<T>> : Value<Result<null>>;
};

export type AfterOptions = {
  /** True: once everything in here has succeeded, failures among the inputs no longer fail the DAG. Default false. */
  readonly recovers?: boolean;
};

/**
 * Runs what the callback wires once the rule holds of all inputs, judged when every one of them has settled. The
 * callback gets their Results: what succeeded, failed or was skipped, with the value or the failure.
 *
 * @example
 * ```ts
 * import { after, arrival, dag, object, rule, task } from "sluice/sdk";
 * import { z } from "zod";
 * const read = task({ name: "read", in: object, out: z.string(), run: (object) => object.text() });
 * const tell = task({ name: "tell", in: z.object({ why: z.string().nullable() }), run: ({ why }, { log }) => log.warn(`failed: ${why}`) });
 * export default dag({
 *   name: "tell-me",
 *   on: arrival({ container: "campus" }),
 *   flow(object) {
 *     after([read(object)], rule.anyFailed, ([text]) => tell({ why: text.failure.message }));
 *   },
 * });
 * ```
 */
export function after<const Inputs extends readonly Settled[], Returned>(
  inputs: Inputs,
  when: TriggerRule,
  body: (results: Results<Inputs>) => Returned,
  options: AfterOptions = {},
): Returned {
  const flow = currentFlow("after");
  const place = placeOfCaller();
  const id = freshId(flow, "after");
  checkOptions("after", options, { recovers: flag });
  checkOptions("after", { rule: when }, { rule: required(oneOf(triggerRules)) });
  const of = inputs.map((input, index) => {
    const expression = symbolicOf(input)?.expression;
    if (expression && "from" in expression && flow.nodes.some((node) => node.id === expression.from)) return expression.from;
    flow.problems.push({
      code: "AFTER_WHAT",
      message: `Input ${index + 1} of after is not what a task, match or map returned. A rule is judged on nodes; pass those.`,
      ...place,
    });
    return undefined;
  });
  const nodes = of.filter((node) => node !== undefined);
  if (inputs.length === 0)
    flow.problems.push({
      code: "AFTER_NOTHING",
      message: "after was given no inputs, so its rule has nothing to judge. Pass the nodes it waits for.",
      ...place,
    });
  flow.scopes.push({ id, parent: flow.scope, kind: "after", of: nodes, rule: when, recovers: options.recovers ?? false });
  flow.places.set(id, place);
  const results = of.map((node) => symbolic(flow, { result: node ?? "", path: [] }));
  return within(flow, id, () => body(results as unknown as Results<Inputs>));
}
