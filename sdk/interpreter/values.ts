import type { Json, JsonObject } from "../contracts/json.ts";
import type { ObjectInfo } from "../contracts/object.ts";
import { type Graph, nodeOf, referencesOf } from "../plan/graph.ts";
import type { Expression, Plan } from "../plan/plan.ts";
import type { RunState, Settled, Stored } from "./settled.ts";

type Path = readonly (string | number)[];

/** What expressions are evaluated in: the object, the settled nodes, and the items of the maps around. */
export type Environment = {
  readonly object: ObjectInfo;
  readonly settled: RunState;
  readonly items: { readonly [map: string]: Json };
  /** Which items these are, from the outermost map on: `3`, `3/1`. */
  readonly item?: string;
};

/** What the body of a map is evaluated in, for one of the map's items. */
export function forItem(environment: Environment, map: string, index: number, value: Json): Environment {
  const item = environment.item === undefined ? String(index) : `${environment.item}/${index}`;
  return { ...environment, items: { ...environment.items, [map]: value }, item };
}

/** A value that only an activity can fetch. */
export type Elsewhere = { readonly stored: Exclude<Stored, { inline: Json } | { same: Expression }>; readonly path: Path };

/** Steps into a value; what is not there is null. */
export function follow(value: Json | undefined, path: Path): Json {
  return (
    path.reduce<Json | undefined>((at, step) => (typeof at === "object" && at !== null ? (at as JsonObject)[step] : undefined), value) ??
    null
  );
}

/**
 * Resolves an expression as far as it can be without I/O; `elsewhere` is asked for what lies in the work area.
 * The workflow gives one that answers from what was exposed, an activity one that fetches.
 */
export function evaluate(expression: Expression, environment: Environment, elsewhere: (value: Elsewhere) => Json): Json {
  const within = (part: Expression) => evaluate(part, environment, elsewhere);
  if ("const" in expression) return expression.const;
  if ("list" in expression) return expression.list.map(within);
  if ("record" in expression) return Object.fromEntries(Object.entries(expression.record).map(([name, part]) => [name, within(part)]));
  if ("result" in expression) {
    const settled = environment.settled[expression.result];
    const [first, ...rest] = expression.path;
    if (first === "value" && settled?.status === "success") return stored(settled.value, rest);
    return follow(
      resultOf(settled, () => (settled?.status === "success" ? stored(settled.value, []) : null)),
      expression.path,
    );
  }
  if (expression.from === "object") return follow(environment.object, expression.path);
  if (expression.from in environment.items) return follow(environment.items[expression.from], expression.path);
  const settled = environment.settled[expression.from];
  return settled?.status === "success" ? stored(settled.value, expression.path) : null;

  function stored(value: Stored, path: Path): Json {
    if ("inline" in value) return follow(value.inline, path);
    if ("same" in value) return within(extend(value.same, path));
    return elsewhere({ stored: value, path });
  }
}

/** An expression for a part of what an expression is worth. */
export function extend(expression: Expression, path: Path): Expression {
  if (path.length === 0) return expression;
  if ("from" in expression || "result" in expression) return { ...expression, path: [...expression.path, ...path] };
  if ("const" in expression) return { const: follow(expression.const, path) };
  const [step, ...rest] = path;
  const part = "record" in expression ? expression.record[String(step)] : expression.list[Number(step)];
  return part ? extend(part, rest) : { const: null };
}

/** A settled node as a DAG author's Result. */
export function resultOf(settled: Settled | undefined, value: () => Json): JsonObject {
  if (settled?.status === "success") return { status: "success", value: value(), failure: null };
  if (settled?.status === "failed") {
    const { code, kind, message, task } = settled.failure;
    return { status: "failed", value: null, failure: { code, kind, message, ...(task !== undefined && { task }) } };
  }
  return { status: "skipped", value: null, failure: null };
}

/** The key under which a part of a large value is exposed. */
export function exposedKey(path: Path): string {
  return JSON.stringify(path);
}

/**
 * The parts of each node's value that the plan itself decides by (`match` by a text, `map` over a list). Should the
 * value be too large for Temporal, these still travel with the reference: texts as they are, lists as their length.
 */
export function exposedPaths(plan: Graph & Pick<Plan, "nodes">): ReadonlyMap<string, readonly Path[]> {
  const found = new Map<string, Path[]>();
  const note = (expression: Expression): void => {
    for (const { node: id, path, result } of referencesOf(expression)) {
      const node = nodeOf(plan, id);
      if (result && path[0] !== "value") continue;
      const part = result ? path.slice(1) : path;
      if (node?.kind === "match") for (const branch of node.cases) note(extend(branch.result, part));
      else if (node) found.set(id, [...(found.get(id) ?? []), part]);
    }
  };
  for (const node of plan.nodes) {
    if (node.kind === "match") note(node.on);
    if (node.kind === "map") note(node.over);
  }
  return found;
}
