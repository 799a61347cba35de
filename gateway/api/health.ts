import type { Catalog } from "../../infra/catalog.ts";
import type { Temporal } from "../../infra/temporal.ts";
import type { ApiDeps, HealthCheck } from "./deps.ts";

/** What `GET /v1/status` looks at: a small real request to each part that the lake cannot do without. */
export function lakeChecks(of: {
  readonly stores: ApiDeps["stores"];
  readonly catalog: Pick<Catalog, "database">;
  readonly temporal: Pick<Temporal, "connection">;
}): { readonly [name: string]: HealthCheck } {
  const { stores, catalog, temporal } = of;
  return {
    temporal: () => temporal.connection.workflowService.getSystemInfo({}),
    mongodb: () => catalog.database("admin").command({ ping: 1 }),
    ...Object.fromEntries(stores.names.map((name) => [name, () => stores.get(name).containers()])),
  };
}
