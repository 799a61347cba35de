import type { Expression, MapNode, Plan, PlanNode, Scope } from "./plan.ts";

/** What the graph questions need of a plan; a plan in the making has it too. */
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
  return graph.nodes.find((node) => node.id === id);
}

/** The scopes around a node or scope, innermost first. */
export function scopesAround(graph: Graph, scope: string | null): readonly Scope[] {
  const around: Scope[] = [];
  for (let id = scope; id !== null; ) {
    const found = graph.scopes.find((candidate) => candidate.id === id);
    if (!found) break;
    around.push(found);
    id = found.parent;
  }
  return around;
}

/** The innermost map body that a scope lies in; null at the top. */
export function bodyAround(graph: Graph, scope: string | null): string | null {
  return scopesAround(graph, scope).find(({ kind }) => kind === "map")?.id ?? null;
}

/** Everything in a map's body, nested maps' bodies included. */
export function nodesInBody(graph: Graph, map: MapNode): readonly PlanNode[] {
  return graph.nodes.filter((node) => scopesAround(graph, node.scope).some(({ id }) => id === map.body));
}

/** Ids of the nodes that a node waits for: by its inputs, by the scopes around it, by what a map's body captures. */
export function dependenciesOf(graph: Graph, node: PlanNode): ReadonlySet<string> {
  const found = new Set(inputsOf(node).flatMap(referencesOf).map((reference) => reference.node));
  for (const scope of scopesAround(graph, node.scope)) {
    if (scope.kind === "after") for (const id of scope.of) found.add(id);
    if (scope.kind === "case") {
      const match = nodeOf(graph, scope.match);
      if (match?.kind === "match") for (const { node: id } of referencesOf(match.on)) found.add(id);
    }
  }
  if (node.kind === "map") {
    const body = nodesInBody(graph, node);
    const inside = new Set(body.map(({ id }) => id));
    for (const inner of body) for (const id of dependenciesOf(graph, inner)) if (!inside.has(id)) found.add(id);
    for (const { node: id } of referencesOf(node.result)) if (!inside.has(id)) found.add(id);
  }
  found.delete("object");
  found.delete(node.id);
  return found;
}

/** A node and everything it depends on, directly or not. */
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
