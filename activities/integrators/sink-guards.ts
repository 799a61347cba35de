import type { MongoClient } from "mongodb";
import type { InfluxClient } from "../../infra/influx.ts";
import type { Neo4jDriver } from "./neo4j/graph-writer.ts";
import { createSinkGuard, type SinkGuard } from "./writing/sink-guard.ts";

export const guardedSinks = ["influxdb", "mongodb", "neo4j"] as const;
export type GuardedSink = (typeof guardedSinks)[number];
export type SinkGuards = { readonly [sink in GuardedSink]: SinkGuard };

export type GuardedClients = {
  readonly influx: Pick<InfluxClient, "ping">;
  readonly mongo: Pick<MongoClient, "db">;
  readonly neo4j: () => Promise<Neo4jDriver>;
};

/** The guards of a process. `limits`: rows a second, by sink. */
export function createSinkGuards({ influx, mongo, neo4j }: GuardedClients, limits: { readonly [sink: string]: number }): SinkGuards {
  const guard = (sink: GuardedSink, title: string, ping: () => Promise<unknown>) =>
    createSinkGuard({ sink, title, ping, limit: limits[sink] });
  return {
    influxdb: guard("influxdb", "InfluxDB", () => influx.ping()),
    mongodb: guard("mongodb", "MongoDB", () => mongo.db("admin").command({ ping: 1 })),
    neo4j: guard("neo4j", "Neo4j", async () => {
      await using session = (await neo4j()).session();
      await session.run("RETURN 1");
    }),
  };
}
