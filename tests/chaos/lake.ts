import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Environment, lakePaths, readEnvironment } from "../../infra/config.ts";
import { createInfluxClient } from "../../infra/influx.ts";
import { stopLake } from "../../infra/local/lake.ts";
import { freePorts, isFree } from "../../infra/local/ports.ts";
import { runningProcess } from "../../infra/local/processes.ts";
import { lakeServers, recipes } from "../../infra/local/recipes/index.ts";
import { connectS3, createContainers, notifyGateway } from "../../infra/local/s3.ts";
import { startServer } from "../../infra/local/server.ts";
import { ensureSchedules } from "../../infra/schedules.ts";
import { connectTemporal, registerSearchAttributes } from "../../infra/temporal.ts";
import { engineProcess, workerProcess } from "../e2e/processes.ts";
import { until } from "../e2e/until.ts";
import { countDocuments, countPoints, type EffectCounter } from "./proxies/effects.ts";
import { openTcpProxy, type TcpProxy } from "./proxies/tcp-proxy.ts";
import { type Mischief, openWebhookProxy, type WebhookProxy } from "./proxies/webhook-proxy.ts";
import type { Random } from "./generator/random.ts";
import type { Databases } from "./audit/index.ts";

export const containers = ["campus", "factory"] as const;
export const sinks = ["influxdb", "neo4j", "mongo"] as const;
export const processes = ["worker", "gateway", ...lakeServers] as const;

export type SinkName = (typeof sinks)[number];
export type ProcessName = (typeof processes)[number];

/** A lake that can be broken: every process killed and started again, every sink cut off from the engine. */
export type ChaosLake = AsyncDisposable & {
  readonly home: string;
  readonly env: Environment;
  readonly databases: Databases;
  readonly network: { readonly [sink in SinkName]: TcpProxy };
  /** What was sent to InfluxDB and to MongoDB. */
  readonly effects: { readonly points: EffectCounter; readonly documents: EffectCounter };
  readonly webhooks: WebhookProxy;
  /** SIGKILL: no time to say goodbye. */
  kill(name: ProcessName): Promise<void>;
  /** Starts it again, and waits until it is ready. */
  start(name: ProcessName): Promise<void>;
  /** From here on the folder with all logs and data stays when the lake is stopped. */
  keep(): void;
};

export type ChaosLakeOptions = {
  readonly mischief: Mischief;
  readonly random: Random;
  /** Settings of gateway and worker. */
  readonly settings?: { readonly [name: string]: string };
  readonly say?: (line: string) => void;
};

/** What the lake does by the clock is to happen within minutes: most of all while everything else is broken. */
const periodic = { SLUICE_RECONCILE_EVERY: "30s", SLUICE_RECONCILE_FULL_EVERY: "1m", SLUICE_RECONCILE_GRACE: "10s" };

const secrets = { SLUICE_WEBHOOK_SECRETS: "a-webhook-secret", SLUICE_API_TOKEN: "an-api-token" };

export async function openChaosLake({ mischief, random, settings = {}, say = () => {} }: ChaosLakeOptions): Promise<ChaosLake> {
  await using opening = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), "sluice-chaos-"));
  let kept = false;
  opening.defer(() => (kept ? undefined : rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })));
  const ports = await freePorts();
  await mkdir(lakePaths(home).logs, { recursive: true });

  const gatewayUrl = `http://127.0.0.1:${ports.gateway}`;
  const webhooks = opening.use(await openWebhookProxy(gatewayUrl, mischief, random));
  const effects = { points: countPoints(), documents: countDocuments() };
  const network = {
    influxdb: opening.use(await openTcpProxy(ports.influxdb, effects.points.listen)),
    neo4j: opening.use(await openTcpProxy(ports.neo4j)),
    mongo: opening.use(await openTcpProxy(ports.mongo, effects.documents.listen)),
  };

  const direct = {
    ...periodic,
    ...Object.assign({}, ...lakeServers.map((name) => recipes[name].addresses(ports))),
    ...secrets,
    SLUICE_CONTAINERS: containers.join(),
    SLUICE_HOME: home,
  };
  // The store posts to the proxy; the engine reaches its sinks through theirs.
  const env = readEnvironment({ ...direct, SLUICE_GATEWAY_URL: webhooks.url });
  const variables: NodeJS.ProcessEnv = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SLUICE_"))),
    ...direct,
    ...recipes.influxdb.addresses({ ...ports, influxdb: network.influxdb.port }),
    ...recipes.neo4j.addresses({ ...ports, neo4j: network.neo4j.port }),
    ...recipes.mongo.addresses({ ...ports, mongo: network.mongo.port }),
    SLUICE_GATEWAY_URL: gatewayUrl,
    SLUICE_METRICS_PORT: "0",
    SLUICE_READY_FILE: join(home, "worker.ready"),
    SLUICE_LOG: "info",
    ...settings,
  };

  opening.defer(() => stopLake(home));
  const server = async (name: (typeof lakeServers)[number]) => void (await startServer(recipes[name], { home, ports, env }));
  say("starting the servers");
  await Promise.all(lakeServers.map(server));
  await createContainers(env);
  {
    await using influx = createInfluxClient(env);
    await influx.createDatabase();
    await using temporal = await connectTemporal(env);
    await registerSearchAttributes(temporal);
    await ensureSchedules(temporal, env);
  }
  const engine = {
    gateway: opening.use(
      engineProcess({
        entry: "gateway/main",
        env: variables,
        log: join(lakePaths(home).logs, "gateway.log"),
        ready: async () => (await fetch(new URL("/health", gatewayUrl)).catch(() => undefined))?.ok ?? false,
      }),
    ),
    worker: opening.use(workerProcess({ env: variables, log: join(lakePaths(home).logs, "worker.log") })),
  };
  say("starting gateway and worker");
  await Promise.all([engine.gateway.start(), engine.worker.start()]);
  await notifyGateway(env);
  const closing = opening.move();

  return {
    home,
    env: readEnvironment({ ...direct, SLUICE_GATEWAY_URL: gatewayUrl }),
    databases: {
      mongo: env.SLUICE_MONGO_URL,
      influx: { url: env.SLUICE_INFLUX_URL, database: env.SLUICE_INFLUX_DATABASE },
      neo4j: env.SLUICE_NEO4J_URL,
      s3: connectS3(env),
    },
    network,
    effects,
    webhooks,
    kill: (name) => (isEngine(name) ? engine[name].kill() : killServer(home, name)),
    start: (name) => (isEngine(name) ? engine[name].start() : server(name)),
    keep: () => void (kept = true),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

type EngineName = "gateway" | "worker";

function isEngine(name: ProcessName): name is EngineName {
  const names: readonly string[] = ["gateway", "worker"] satisfies readonly EngineName[];
  return names.includes(name);
}

async function killServer(home: string, name: string): Promise<void> {
  const running = await runningProcess(home, name);
  if (!running) throw new Error(`${name} does not run, so it cannot be killed. Its log is in ${lakePaths(home).logs}.`);
  process.kill(-running.pid, "SIGKILL");
  // It leaves its port a moment after it has gone.
  await until(`${name} is gone`, 10_000, async () => (await runningProcess(home, name)) === undefined && (await isFree(running.port)));
}
