import type { Expression, MapNode, Plan, PlanNode, Scope } from "./plan.ts";
import { remembered } from "./remembered.ts";

/** What the graph questions need of a plan. It must not change any more: answers are remembered. */
export type Graph = Pick<Plan, "nodes" | "scopes">;

/** An edge out of an expression: to a node's value, or to its Result. */
export type Reference = { readonly node: string; readonly path: readonly (string | number)[]; readonly result: boolean };

export function referencesOf(expression: Expression): readonly Reference[] {
  if ("from" in expression) return [{ node: expression.from, path: expression.path, result: false }];
  if ("result" in expression) return [{ node: expression.result, path: expression.path, result: true }];
  if ("record" in expression) return Object.values(expression.record).flatMap(referencesOf);
  if ("list" in expression) return expression.list.flatMap(referencesOf);
  return [];
}

/** The expressions that must be known before a node can settle. */
export function inputsOf(node: PlanNode): readonly Expression[] {
  if (node.kind === "task") return node.options ? [node.input, node.options] : [node.input];
  if (node.kind === "match") return [node.on, ...node.cases.map(({ result }) => result)];
  return [node.over];
}

export function nodeOf(graph: Graph, id: string): PlanNode | undefined {
  return nodesById(graph).get(id);
}

const nodesById = remembered((graph: Graph) => new Map(graph.nodes.map((node) => [node.id, node])));
const scopesById = remembered((graph: Graph) => new Map(graph.scopes.map((scope) => [scope.id, scope])));

/** The scopes around a node or scope, innermost first. */
export const scopesAround = remembered((graph: Graph, scope: string | null): readonly Scope[] => {
  const around = new Set<Scope>();
  for (let id = scope; id !== null;) {
    const found = scopesById(graph).get(id);
    if (!found || around.has(found)) break;
    around.add(found);
    id = found.parent;
  }
  return [...around];
});

/** The innermost map body that a scope lies in; null at the top. */
export function bodyAround(graph: Graph, scope: string | null): string | null {
  return scopesAround(graph, scope).find(({ kind }) => kind === "map")?.id ?? null;
}

/** The nodes that are worked on together: those of a map's body without the bodies in it, or those of the top. */
export const nodesAt = remembered((graph: Graph, body: string | null): readonly PlanNode[] =>
  graph.nodes.filter(({ scope }) => bodyAround(graph, scope) === body),
);

/** Everything in a map's body, nested maps' bodies included. */
export const nodesInBody = remembered((graph: Graph, map: MapNode): readonly PlanNode[] =>
  graph.nodes.filter((node) => scopesAround(graph, node.scope).some(({ id }) => id === map.body)),
);

/** What a map's body takes from outside of it. */
export const capturedBy = remembered((graph: Graph, map: MapNode): readonly Reference[] => {
  const body = nodesInBody(graph, map);
  const inside = new Set([map.id, ...body.map(({ id }) => id)]);
  const used = [...body.flatMap(inputsOf), ...body.flatMap((node) => (node.kind === "map" ? [node.result] : [])), map.result].flatMap(
    referencesOf,
  );
  return used.filter(({ node }) => !inside.has(node));
});

/** Ids of the nodes that a node waits for: by its inputs, by the scopes around it, by what a map's body captures. */
export const dependenciesOf = remembered((graph: Graph, node: PlanNode): ReadonlySet<string> => {
  const found = new Set(
    inputsOf(node)
      .flatMap(referencesOf)
      .map((reference) => reference.node),
  );
  for (const id of gatesOf(graph, node.scope)) found.add(id);
  if (node.kind === "map") {
    const body = nodesInBody(graph, node);
    const inside = new Set(body.map(({ id }) => id));
    for (const inner of body) for (const id of dependenciesOf(graph, inner)) if (!inside.has(id)) found.add(id);
    for (const { node: id } of capturedBy(graph, node)) found.add(id);
  }
  found.delete("object");
  found.delete(node.id);
  return found;
});

/** Ids of the nodes by which the scopes around decide whether what stands in them runs. */
export const gatesOf = remembered((graph: Graph, scope: string | null): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const around of scopesAround(graph, scope)) {
    if (around.kind === "after") for (const id of around.of) found.add(id);
    const match = around.kind === "case" ? nodeOf(graph, around.match) : undefined;
    if (match?.kind === "match") for (const { node: id } of referencesOf(match.on)) found.add(id);
  }
  return found;
});

/** Nodes and everything they depend on, directly or not. */
export function ancestorsOf(graph: Graph, ids: Iterable<string>): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...ids];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = found.has(id) ? undefined : nodeOf(graph, id);
    if (!node) continue;
    found.add(id);
    open.push(...dependenciesOf(graph, node));
  }
  return found;
}
