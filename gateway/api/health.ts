import { once } from "node:events";
import { connect } from "node:net";
import type { Catalog } from "../../infra/catalog.ts";
import type { InfluxClient } from "../../infra/influx.ts";
import type { Temporal } from "../../infra/temporal.ts";
import type { ApiDeps, HealthCheck } from "./deps.ts";

/** What `GET /v1/status` looks at: a small real request to each part that the lake cannot do without. */
export function lakeChecks(of: {
  readonly stores: ApiDeps["stores"];
  readonly catalog: Pick<Catalog, "database">;
  readonly temporal: Pick<Temporal, "connection">;
  readonly influx: Pick<InfluxClient, "ping">;
  /** Neo4j's Bolt address. */
  readonly neo4j: string;
}): { readonly [name: string]: HealthCheck } {
  const { stores, catalog, temporal, influx, neo4j } = of;
  return {
    temporal: () => temporal.connection.workflowService.getSystemInfo({}),
    mongodb: () => catalog.database("admin").command({ ping: 1 }),
    influxdb: () => influx.ping(),
    neo4j: () => reach(neo4j),
    ...Object.fromEntries(stores.names.map((name) => [name, () => stores.get(name).containers()])),
  };
}

/** Whether something listens; what it says is the driver's business, which the gateway has none of. */
async function reach(address: string): Promise<void> {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || 7687 });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(5_000) });
  } finally {
    socket.destroy();
  }
}
