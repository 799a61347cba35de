import type { Add } from "./check.ts";
import { bodyAround, dependenciesOf, gatesOf, type Graph, inputsOf, nodeOf, referencesOf, scopesAround } from "./graph.ts";
import type { PlanNode } from "./plan.ts";

/** Every edge into a node comes from a node that is there, that stands before it, and whose map body it stands in. */
export function checkEdges(graph: Graph, node: PlanNode, add: Add): void {
  const results = node.kind === "map" ? [node.result] : [];
  const sources = new Set([...inputsOf(node), ...results].flatMap(referencesOf).map((reference) => reference.node));
  const known = [...sources, ...gatesOf(graph, node.scope)].filter((id) => id !== "object");
  for (const id of new Set(known)) {
    const source = nodeOf(graph, id);
    if (!source) add(node.id, "UNKNOWN_NODE", `"${node.id}" takes something from "${id}", which is no node of this DAG. Correct the id.`);
    else if (!reaches(graph, source, node))
      add(
        node.id,
        "LEFT_MAP",
        `"${node.id}" uses "${id}", which is in the body of a map and has a value for each item. Let the body return it, and use the list that map gives.`,
      );
  }
  for (const id of waitsFor(graph, node)) {
    if (!standsAfter(graph, node, id))
      add(
        node.id,
        "NODE_ORDER",
        `"${node.id}" stands before "${id}", for which it waits. Put what a node waits for before it, without circles.`,
      );
  }
}

/** Whether a value is there where it is used: in the same map body or one further in; a map's body may use its own. */
function reaches(graph: Graph, source: PlanNode, user: PlanNode): boolean {
  const body = bodyAround(graph, source.scope);
  if (body === null || (user.kind === "map" && user.body === body)) return true;
  return scopesAround(graph, user.scope).some(({ id }) => id === body);
}

/** What a node waits for, without the items of the maps around it. */
function waitsFor(graph: Graph, node: PlanNode): readonly string[] {
  const items = new Set(scopesAround(graph, node.scope).map((scope) => (scope.kind === "map" ? scope.map : undefined)));
  const own = inputsOf(node)
    .flatMap(referencesOf)
    .filter((reference) => reference.node === node.id);
  return [...dependenciesOf(graph, node), ...own.map((reference) => reference.node)].filter((id) => !items.has(id));
}

function standsAfter(graph: Graph, node: PlanNode, id: string): boolean {
  const other = nodeOf(graph, id);
  return other === undefined || graph.nodes.indexOf(node) > graph.nodes.indexOf(other);
}
