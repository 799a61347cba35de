import type { MongoClient } from "mongodb";
import type { InfluxClient } from "../../infra/influx.ts";
import { lazily } from "../../infra/lazily.ts";
import type { Integrator } from "../../sdk/execution/context.ts";
import { createInfluxPoints } from "./influx-points.ts";
import { createMongoDocuments } from "./mongo-documents.ts";
import { suspectGraph } from "./neo4j/graph-locator.ts";
import type { Neo4jDriver } from "./neo4j/graph-writer.ts";
import type { SinkGuards } from "./sink-guards.ts";
import { createUnpackArchive, type UnpackStore } from "./unpack-archive.ts";

export type IntegratorClients = {
  readonly influx: Pick<InfluxClient, "database" | "write" | "query">;
  readonly mongo: Pick<MongoClient, "db">;
  /** Called once, with the first graph that is written. */
  readonly neo4j: () => Promise<Neo4jDriver>;
  /** The store that holds an object, by its name. */
  readonly store: (name: string) => UnpackStore;
  /** Made once a process, as the integrators are; none: each leaves its sink alone by itself, and keeps to no limit. */
  readonly guards?: SinkGuards;
};

/** The integrators by name; made once a process, since each shares its writes among all calls. */
export function createIntegrators({ influx, mongo, neo4j, store, guards }: IntegratorClients): ReadonlyMap<string, Integrator> {
  const graphs = lazily(async () => (await import("./neo4j-integrators.ts")).createNeo4jIntegrators(await neo4j(), guards?.neo4j));
  const integrators = [
    createInfluxPoints(influx, guards?.influxdb),
    createMongoDocuments(mongo, guards?.mongodb),
    ...["neo4j-graph", "neo4j-nodes", "neo4j-relations"].map((name) => deferredGraph(name, graphs)),
    createUnpackArchive({ store }),
  ];
  return new Map(integrators.map((integrator) => [integrator.name, integrator]));
}

/** One whose code is loaded when it is first used. */
function deferredGraph(name: string, load: () => Promise<ReadonlyMap<string, Integrator>>): Integrator {
  const loaded = async () => {
    const integrator = (await load()).get(name);
    if (!integrator) throw new Error(`There is no integrator ${name}`);
    return integrator;
  };
  return {
    name,
    write: async (input, options, context) => (await loaded()).write(input, options, context),
    undo: async (receipt, context) => (await loaded()).undo(receipt, context),
    suspect: (_options, object) => suspectGraph(object),
  };
}
