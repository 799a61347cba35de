import { bodyAround, dependenciesOf, gatesOf, type Graph, inputsOf, nodeOf, type Reference, referencesOf } from "./graph.ts";
import type { Plan, PlanNode, Stage } from "./plan.ts";
import { remembered } from "./remembered.ts";

type Draft = Graph & Pick<Plan, "tasks">;

/** A stage in the making. */
type Forming = { readonly body: string | null; readonly site: string; readonly nodes: Set<string> };

/**
 * Groups the nodes of a plan into stages: along an edge of rows, producer and consumer run in one activity, as long
 * as they are at one site and no stage comes to wait for itself. A stream that has to leave its stage is spooled: it
 * is kept in the lake's work area and read from there.
 */
export function formStages(graph: Draft): readonly Stage[] {
  const stageOf = new Map<string, Forming>();
  const fused = new Set<string>();
  const spools = new Set<string>();
  const edge = (producer: string, consumer: string) => `${producer}\n${consumer}`;

  for (const node of graph.nodes) {
    if (node.kind === "map" || (node.kind === "match" && !node.rows)) continue;
    const site = node.kind === "task" ? (graph.tasks[node.task]?.site ?? "global") : "";
    stageOf.set(node.id, { body: bodyAround(graph, node.scope), site, nodes: new Set([node.id]) });
    const producers = rowsInto(graph, node);
    // Only one stream can flow into a task as it is produced: two would have to be consumed in step.
    const joinable = node.kind === "match" ? producers : producers.slice(0, 1);
    for (const producer of joinable) if (!join(producer, node)) spools.add(producer);
    for (const producer of producers.slice(joinable.length)) spools.add(producer);
  }

  function join(producer: string, node: PlanNode): boolean {
    const [into, own] = [stageOf.get(producer), stageOf.get(node.id)];
    if (!into || !own || !onlyRows(graph, producer, node)) return false;
    if (into.body !== own.body || (into.site && own.site && into.site !== own.site)) return false;
    const merged: Forming = { body: into.body, site: into.site || own.site, nodes: new Set([...into.nodes, ...own.nodes]) };
    for (const id of merged.nodes) stageOf.set(id, merged);
    fused.add(edge(producer, node.id));
    if (stageWaitsForItself(graph, stageOf, (from, to) => fused.has(edge(from, to)))) {
      fused.delete(edge(producer, node.id));
      for (const id of into.nodes) stageOf.set(id, into);
      for (const id of own.nodes) stageOf.set(id, own);
      return false;
    }
    return true;
  }

  return [...new Set(graph.nodes.map(({ id }) => stageOf.get(id)).filter((draft) => draft !== undefined))].map((draft) => {
    const nodes = graph.nodes.filter(({ id }) => draft.nodes.has(id)).map(({ id }) => id);
    return { id: nodes.join("+"), scope: draft.body, nodes, spools: nodes.filter((id) => spools.has(id)) };
  });
}

/** The nodes whose rows flow into a node, first the one that flows into its first port. */
export const rowsInto = remembered((graph: Draft, node: PlanNode): readonly string[] => [
  ...new Set(streamsInto(graph, node).map((reference) => reference.node)),
]);

function streamsInto(graph: Draft, node: PlanNode): readonly Reference[] {
  if (node.kind === "map" || (node.kind === "match" && !node.rows)) return [];
  const expressions = node.kind === "match" ? node.cases.map(({ result }) => result) : [node.input];
  return expressions.flatMap(referencesOf).filter((reference) => !reference.result && yieldsRows(graph, reference.node));
}

/** Whether a node needs nothing of a producer but its rows, and those once: only then can they flow as they come. */
function onlyRows(graph: Draft, producer: string, node: PlanNode): boolean {
  if (gatesOf(graph, node.scope).has(producer)) return false;
  const uses = inputsOf(node)
    .flatMap(referencesOf)
    .filter((reference) => reference.node === producer);
  return node.kind === "match" ? uses.every(({ result }) => !result) : uses.length === 1;
}

export function yieldsRows(graph: Draft, id: string): boolean {
  const node = nodeOf(graph, id);
  if (node?.kind === "match") return node.rows;
  return node?.kind === "task" && graph.tasks[node.task]?.out.kind === "rows";
}

function stageWaitsForItself(graph: Graph, stageOf: ReadonlyMap<string, Forming>, isFused: (from: string, to: string) => boolean): boolean {
  const waits = new Map<object, Set<object>>();
  const unit = (id: string): object | undefined => stageOf.get(id) ?? nodeOf(graph, id);
  for (const node of graph.nodes) {
    const own = unit(node.id);
    if (!own) continue;
    const set = waits.get(own) ?? new Set();
    waits.set(own, set);
    for (const id of dependenciesOf(graph, node)) {
      const other = isFused(id, node.id) ? undefined : unit(id);
      if (other) set.add(other);
    }
  }
  const done = new Set<object>();
  const path = new Set<object>();
  const visit = (at: object): boolean => {
    if (path.has(at)) return true;
    if (done.has(at)) return false;
    path.add(at);
    const cycle = [...(waits.get(at) ?? [])].some(visit);
    path.delete(at);
    done.add(at);
    return cycle;
  };
  return [...waits.keys()].some(visit);
}
