import type { MatchNode } from "../plan/plan.ts";
import { currentFlow, freshId, placeOfCaller, within } from "./flow.ts";
import { type Rows, symbolic, symbolicOf, toExpression, type Value } from "./symbolic.ts";

type Branch = () => unknown;

/** What a match is worth: its branches yield all rows, or all values, or nothing. */
type Merged<R> = [R] extends [Rows<infer T>]
  ? Rows<T>
  : [R] extends [Value<infer T>]
    ? Value<T>
    : [R] extends [void | undefined]
      ? void
      : MixedBranches;

/** Nothing that could be passed on: some branches yield rows, or nothing, and others values. */
type MixedBranches = { readonly mixed: never };

/**
 * Branches by a value: the first case that the value falls under runs, the nodes of the others are skipped. Cases
 * are text; on a content type they may have wildcards (`image/*`). A value that no case takes fails the match,
 * unless there is an `otherwise`.
 *
 * @example
 * ```ts
 * import { arrival, dag, match, mime, object, task } from "sluice/sdk";
 * import { mongoDocuments } from "sluice/integrators";
 * import { z } from "zod";
 * const text = task({ name: "text", in: object, out: z.object({ text: z.string() }), run: async (object) => ({ text: await object.text() }) });
 * const size = task({ name: "size", in: object, out: z.object({ text: z.string() }), run: (object) => ({ text: `${object.size} bytes` }) });
 * export default dag({
 *   name: "what-is-it",
 *   on: arrival({ container: "campus" }),
 *   flow(object) {
 *     const found = match(object.type, { [mime.text]: () => text(object), otherwise: () => size(object) });
 *     mongoDocuments(found, { collection: "found" });
 *   },
 * });
 * ```
 */
export function match<const Cases extends Readonly<Record<string, Branch>>>(
  on: Value<string>,
  cases: Cases,
): Merged<ReturnType<Cases[keyof Cases]>> {
  const flow = currentFlow("match");
  const place = placeOfCaller();
  const id = freshId(flow, "match");
  flow.places.set(id, place);
  const expression = toExpression(flow, on, "What match branches by", place);
  if ("const" in expression) {
    flow.problems.push({
      code: "MATCH_ON_CONSTANT",
      message: `match branches by the constant ${JSON.stringify(expression.const)}, so that only one branch could ever run. Branch by a value of the flow, or use \`if\`.`,
      ...place,
    });
  }
  // The node must come after its branches in the list, but its id must be taken before theirs.
  const node: { -readonly [K in keyof MatchNode]: MatchNode[K] } = {
    id,
    kind: "match",
    scope: flow.scope,
    on: expression,
    cases: [],
    rows: false,
  };
  const results = inOrder(cases).map(([when, branch], index) => {
    const scope = `${id}/${when}`;
    flow.scopes.push({ id: scope, parent: flow.scope, kind: "case", match: id, index });
    const result = within(flow, scope, branch);
    const rows = symbolicOf(result)?.rows ?? false;
    return {
      rows,
      nothing: result === undefined,
      entry: { when: when === "otherwise" ? null : when, scope, result: toExpression(flow, result ?? null, `The branch "${when}"`, place) },
    };
  });
  const streams = results.filter(({ rows }) => rows).length;
  if (streams > 0 && streams < results.length) {
    flow.problems.push({
      code: "MIXED_BRANCHES",
      message: "Some branches of this match yield rows and others do not. Let all yield rows, or none.",
      ...place,
    });
  }
  flow.nodes.push({ ...node, cases: results.map(({ entry }) => entry), rows: streams > 0 });
  if (results.every(({ nothing }) => nothing)) return undefined as Merged<ReturnType<Cases[keyof Cases]>>;
  return symbolic(flow, { from: id, path: [] }, { rows: streams > 0 });
}

/** As they are written, but `otherwise` last, wherever it stands. */
function inOrder(cases: Readonly<Record<string, Branch>>): readonly (readonly [string, Branch])[] {
  const entries = Object.entries(cases);
  return [...entries.filter(([when]) => when !== "otherwise"), ...entries.filter(([when]) => when === "otherwise")];
}
