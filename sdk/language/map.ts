import type { MapNode } from "../plan/plan.ts";
import { currentFlow, freshId, placeOfCaller, within } from "./flow.ts";
import { checkOptions } from "./known-options.ts";
import { anything } from "./option-kinds.ts";
import { type Result, symbolic, symbolicOf, toExpression, type Value } from "./symbolic.ts";

export type MapOptions = {
  /** How many items are worked on at once. Default 16. */
  readonly concurrency?: number;
  /**
   * How many items may fail without failing the map: a count (`5`) or a share of all (`"10%"`). With it, the map's
   * value is a list of Results, one for each item.
   */
  readonly tolerate?: number | `${number}%`;
};

/**
 * Does the same to each item of a list, in windows; an item that fails is tried again and traced by itself. The value
 * is the list of what the callback returned, in the order of the items.
 *
 * @throws (as a problem of the file) where the value is no list.
 * @example
 * ```ts
 * import { arrival, dag, map, object, task } from "sluice/sdk";
 * import { z } from "zod";
 * const list = task({ name: "list", in: object, out: z.array(z.string()), run: async (object) => (await object.text()).split("\n") });
 * const measure = task({ name: "measure", in: z.string(), out: z.number(), run: (line) => line.length });
 * export default dag({
 *   name: "measure-lines",
 *   on: arrival({ types: ["text/plain"] }),
 *   flow(object) {
 *     map(list(object), (line) => measure(line), { concurrency: 8, tolerate: "10%" });
 *   },
 * });
 * ```
 */
export function map<T, U, const Options extends MapOptions = MapOptions>(
  list: Value<readonly T[]>,
  body: (item: Value<T>) => Value<U> | void,
  options?: Options,
): Value<(Options extends { readonly tolerate: number | string } ? Result<U> : U)[]> {
  const flow = currentFlow("map");
  const place = placeOfCaller();
  const id = freshId(flow, "map");
  const scope = `${id}/item`;
  flow.places.set(id, place);
  const problem = (code: string, message: string) => flow.problems.push({ code, message, ...place });

  checkOptions("map", options, { concurrency: anything, tolerate: anything });
  if (symbolicOf(list)?.rows)
    problem("MAP_OVER_ROWS", "map was given a stream of rows. Consume rows in a task with `in: rows(Schema)`; map is for lists.");
  const concurrency = options?.concurrency ?? 16;
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 500)
    problem("WRONG_CONCURRENCY", `Found concurrency ${concurrency}; expected a whole number from 1 to 500.`);

  flow.scopes.push({ id: scope, parent: flow.scope, kind: "map", map: id });
  const outer = flow.scope;
  const over = toExpression(flow, list, "What map goes over", place);
  const result = within(flow, scope, () => body(symbolic(flow, { from: id, path: [] })));
  if (symbolicOf(result)?.rows) problem("MAP_YIELDS_ROWS", "The body of this map returns rows. Let it consume them and return a value.");
  const tolerate = toleranceOf(options?.tolerate, problem);
  const node: MapNode = {
    id,
    kind: "map",
    scope: outer,
    over,
    body: scope,
    result: toExpression(flow, result ?? null, "What the body of map returns", place),
    concurrency,
    ...(tolerate && { tolerate }),
  };
  flow.nodes.push(node);
  return symbolic(flow, { from: id, path: [] });
}

function toleranceOf(tolerate: MapOptions["tolerate"], problem: (code: string, message: string) => void): MapNode["tolerate"] {
  if (tolerate === undefined) return undefined;
  if (typeof tolerate === "number") {
    if (Number.isInteger(tolerate) && tolerate >= 0) return { count: tolerate };
  } else if (typeof tolerate === "string") {
    const share = Number(tolerate.replace(/%$/, ""));
    if (share >= 0 && share <= 100) return { fraction: share / 100 };
  }
  problem("WRONG_TOLERANCE", `Found tolerate ${JSON.stringify(tolerate)}; expected a whole number of items, or a share such as "10%".`);
  return undefined;
}
