import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openCatalog } from "../../infra/catalog.ts";
import { readEnvironment } from "../../infra/config.ts";
import { stopLake } from "../../infra/local/lake.ts";
import { freePorts } from "../../infra/local/ports.ts";
import type { Recipe } from "../../infra/local/recipe.ts";
import { recipes } from "../../infra/local/recipes/index.ts";
import { createContainers, notifyGateway } from "../../infra/local/s3.ts";
import { startServer } from "../../infra/local/server.ts";
import { createReadBack } from "../../infra/read-back.ts";
import { createStores } from "../../infra/stores/index.ts";
import { connectTemporal } from "../../infra/temporal.ts";
import { createGatewayClient } from "../../gateway/client.ts";
import { openNotes } from "./notes.ts";
import { observe } from "./observe.ts";
import { engineProcess, workerProcess } from "./processes.ts";
import { createSluice } from "./sluice.ts";

export type Engine = Awaited<ReturnType<typeof startEngine>>;

export type EngineOptions = {
  /** Landing containers beside the engine's own. */
  readonly containers?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** MinIO keeps its events on disk, as in a real lake: they outlive the gateway, and come up to three seconds late. */
  readonly keepsEvents?: boolean;
};

const dags = fileURLToPath(new URL("dags", import.meta.url));

/**
 * A whole engine over the lake of the tests: a gateway and a worker, each a process of its own, with a journal, a
 * task queue, a landing container, a folder of DAG files and a MinIO of their own that posts to this gateway.
 */
export async function startEngine({ containers = [], env: more = {}, keepsEvents = false }: EngineOptions = {}) {
  await using opening = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), "sluice-e2e-"));
  opening.defer(() => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  const ports = await freePorts();
  const name = `e2e-${randomBytes(4).toString("hex")}`;
  const quiet = `${name}-quiet`;
  const ownDags = join(home, "dags");
  const notes = await openNotes(join(home, "notes"));
  await mkdir(ownDags);

  const variables: NodeJS.ProcessEnv = {
    ...process.env,
    ...recipes.minio.addresses(ports),
    SLUICE_HOME: home,
    SLUICE_GATEWAY_URL: `http://127.0.0.1:${ports.gateway}`,
    SLUICE_WEBHOOK_SECRETS: "a-webhook-secret",
    SLUICE_API_TOKEN: "an-api-token",
    SLUICE_TASK_QUEUE: name,
    SLUICE_CONTAINERS: [name, quiet, ...containers].join(","),
    SLUICE_DAGS: [dags, ownDags].join(delimiter),
    SLUICE_METRICS_PORT: "0",
    SLUICE_READY_FILE: join(home, "worker.ready"),
    SLUICE_LOG: "info",
    E2E_NOTES: notes.folder,
    ...more,
  };
  const env = readEnvironment(variables);
  const client = createGatewayClient({ url: env.SLUICE_GATEWAY_URL, token: env.SLUICE_API_TOKEN });

  opening.defer(() => stopLake(home));
  await startServer(keepsEvents ? recipes.minio : withoutQueue(recipes.minio), { home, ports, env });
  await createContainers(env);

  const gateway = opening.use(
    engineProcess({
      entry: "gateway/main",
      env: variables,
      log: join(home, "gateway.log"),
      ready: () =>
        client.status().then(
          () => true,
          () => false,
        ),
    }),
  );
  const worker = opening.use(workerProcess({ env: variables, log: join(home, "worker.log") }));
  await Promise.all([gateway.start(), worker.start()]);
  await notifyGateway({ ...env, SLUICE_CONTAINERS: [name, ...containers] });

  const catalog = opening.use(await openCatalog(env));
  const stores = opening.use(createStores(env));
  const temporal = opening.use(await connectTemporal(env));
  const readBack = opening.use(createReadBack(env));
  const store = stores.get("s3");
  const closing = opening.move();
  return {
    /** Where its landing container, and its task queue. */
    container: name,
    /** Another landing container, whose objects nobody announces but the test. */
    quiet,
    home,
    env,
    /** The environment of its processes. */
    variables,
    client,
    gateway,
    worker,
    catalog,
    store,
    temporal,
    readBack,
    notes,
    /** The folder of DAG files that is its own. */
    dags: ownDags,
    sluice: createSluice(variables),
    ...observe({ container: name, client, store, temporal, env }),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** MinIO looks into its queue every three seconds; without one it posts at once. */
function withoutQueue(recipe: Recipe): Recipe {
  return {
    ...recipe,
    async launch(settings) {
      const { env, ...launch } = await recipe.launch(settings);
      const isQueue = (name: string) => name.startsWith("MINIO_NOTIFY_WEBHOOK_QUEUE_");
      return { ...launch, env: Object.fromEntries(Object.entries(env ?? {}).filter(([name]) => !isQueue(name))) };
    },
  };
}
