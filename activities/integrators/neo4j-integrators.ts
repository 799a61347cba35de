import type { Integrator } from "../../sdk/execution/context.ts";
import { createNeo4jGraph } from "./neo4j-graph.ts";
import { createNeo4jNodes } from "./neo4j-nodes.ts";
import { createNeo4jRelations } from "./neo4j-relations.ts";
import { createGraphWriter, type Neo4jDriver } from "./neo4j/graph-writer.ts";
import type { SinkGuard } from "./writing/sink-guard.ts";

/** The integrators that write to Neo4j, by name; apart from the others, so that its driver is loaded only with the first graph. */
export function createNeo4jIntegrators(driver: Neo4jDriver, guard?: SinkGuard): ReadonlyMap<string, Integrator> {
  const writer = createGraphWriter(driver, guard);
  const integrators = [createNeo4jGraph(writer), createNeo4jNodes(writer), createNeo4jRelations(writer)];
  return new Map(integrators.map((integrator) => [integrator.name, integrator]));
}
