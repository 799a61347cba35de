import { AsyncDisposableStack } from "@whatwg-node/disposablestack";
import { openCatalog } from "../../infra/catalog.ts";
import type { Environment } from "../../infra/config.ts";
import { createInfluxClient } from "../../infra/influx.ts";
import { createStores } from "../../infra/stores/index.ts";
import type { ScriptClients } from "./script.ts";

/** The clients of the engine, which floors use as well: what they measure is the engine alone. */
export async function openScriptClients(env: Environment): Promise<ScriptClients & AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const catalog = opening.use(await openCatalog(env));
  const stores = opening.use(createStores(env));
  const influx = opening.use(createInfluxClient(env));
  const closing = opening.move();
  return { catalog, stores, influx, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}
