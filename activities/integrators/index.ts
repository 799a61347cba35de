import type { MongoClient } from "mongodb";
import type { InfluxClient } from "../../infra/influx.ts";
import type { Integrator } from "../../sdk/execution/context.ts";
import { createInfluxPoints } from "./influx-points.ts";
import { createMongoDocuments } from "./mongo-documents.ts";
import { createNeo4jGraph } from "./neo4j-graph.ts";
import { createNeo4jNodes } from "./neo4j-nodes.ts";
import { createNeo4jRelations } from "./neo4j-relations.ts";
import { createGraphWriter, type Neo4jDriver } from "./neo4j/graph-writer.ts";
import { createUnpackArchive, type UnpackStore } from "./unpack-archive.ts";

export type IntegratorClients = {
  readonly influx: Pick<InfluxClient, "database" | "write" | "query">;
  readonly mongo: Pick<MongoClient, "db">;
  readonly neo4j: Neo4jDriver;
  /** The store that holds an object, by its name. */
  readonly store: (name: string) => UnpackStore;
};

/** The integrators by name; made once a process, since each shares its writes among all calls. */
export function createIntegrators({ influx, mongo, neo4j, store }: IntegratorClients): ReadonlyMap<string, Integrator> {
  const graph = createGraphWriter(neo4j);
  const integrators = [
    createInfluxPoints(influx),
    createMongoDocuments(mongo),
    createNeo4jGraph(graph),
    createNeo4jNodes(graph),
    createNeo4jRelations(graph),
    createUnpackArchive({ store }),
  ];
  return new Map(integrators.map((integrator) => [integrator.name, integrator]));
}
