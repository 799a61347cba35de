import { AsyncDisposableStack } from "@whatwg-node/disposablestack";
import type { Integrator } from "../../sdk/execution/context.ts";
import { lakeEnvironment } from "../gateway.ts";

/** The real integrators with clients of their own, for `dags test --write`; loaded only then. */
export async function openSinks(): Promise<AsyncDisposable & { readonly integrators: ReadonlyMap<string, Integrator> }> {
  const [{ createIntegrators }, { createInfluxClient }, { createMongoClient }, { createNeo4jDriver }, { createStores }] = await Promise.all(
    [
      import("../../activities/integrators/index.ts"),
      import("../../infra/influx.ts"),
      import("../../infra/mongo.ts"),
      import("../../infra/neo4j.ts"),
      import("../../infra/stores/index.ts"),
    ],
  );
  const at = await lakeEnvironment();
  await using opened = new AsyncDisposableStack();
  const influx = opened.use(createInfluxClient(at));
  const mongo = opened.adopt(createMongoClient(at), (client) => client.close());
  const neo4j = opened.adopt(createNeo4jDriver(at), (driver) => driver.close());
  const stores = opened.use(createStores(at));
  const integrators = createIntegrators({ influx, mongo, neo4j: async () => neo4j, store: (name) => stores.get(name) });
  const clients = opened.move();
  return { integrators, [Symbol.asyncDispose]: () => clients.disposeAsync() };
}
