import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readEnvironment } from "../../infra/config.ts";
import { stopLake } from "../../infra/local/lake.ts";
import { freePorts } from "../../infra/local/ports.ts";
import { recipes } from "../../infra/local/recipes/index.ts";
import { startServer } from "../../infra/local/server.ts";

/** A MongoDB of a test's own, whose catalog may be lost. */
export async function startOwnMongo() {
  await using opening = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), "sluice-mongo-"));
  opening.defer(() => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  const ports = await freePorts();
  const env = recipes.mongo.addresses(ports);
  opening.defer(() => stopLake(home));
  await startServer(recipes.mongo, { home, ports, env: readEnvironment({ ...process.env, SLUICE_HOME: home, ...env }) });
  const closing = opening.move();
  return { env, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}
