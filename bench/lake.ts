import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NotificationConfig, ObjectCreatedAll, QueueConfig } from "minio";
import { type Catalog, openCatalog } from "../infra/catalog.ts";
import { type Environment, lakePaths } from "../infra/config.ts";
import { createInfluxClient, type InfluxClient } from "../infra/influx.ts";
import { startLake } from "../infra/local/lake.ts";
import { freePorts } from "../infra/local/ports.ts";
import type { Report } from "../infra/local/progress.ts";
import { connectS3 } from "../infra/local/s3.ts";
import { createStores } from "../infra/stores/index.ts";
import { connectTemporal, type Temporal } from "../infra/temporal.ts";
import { type BareReceiver, startBareReceiver } from "./floors/bare-receiver.ts";
import { createSender, type Sender } from "./sender.ts";

/** The store tells the gateway of what lands in `notified`; of what is put into the others the bench tells it. */
export const containers = { notified: "campus", silent: "direct", other: "neighbour", grown: "grown", compared: "compared" } as const;

/** What lands here the store tells the bare receiver, and nobody else. */
export const bareContainer = "bare";

/** A lake of the bench's own, with gateway and worker, and clients of everything in it. */
export type BenchLake = AsyncDisposable & {
  readonly home: string;
  readonly env: Environment;
  /** Every `SLUICE_` variable by which other processes join it. */
  readonly variables: Readonly<Record<string, string>>;
  readonly catalog: Catalog;
  readonly stores: ReturnType<typeof createStores>;
  readonly influx: InfluxClient;
  readonly temporal: Temporal;
  readonly bare: BareReceiver;
  /** Puts an object as any client would: one request, and nothing asked afterwards. */
  put(container: string, key: string, content: Buffer, contentType: string): Promise<void>;
  /** Posts the store's event for an object to the webhook door. */
  announce(container: string, key: string, size: number): Promise<void>;
  /** The same to somebody else. */
  readonly tell: Sender["tell"];
  /** Events that MinIO has on disk because they were not answered yet. */
  unanswered(target: "gateway" | "bare"): Promise<number>;
  /** Has something done before it stops, whether what is measured comes to its end or not. */
  defer(ending: () => Promise<void>): void;
};

export type BenchLakeOptions = {
  readonly report?: Report;
  /** The folder into which gateway and worker write processor profiles when they end. */
  readonly profile?: string | undefined;
  readonly signal?: AbortSignal;
};

/** Counting tens of millions of points takes longer than any write may. */
const patience = 300_000;

/** In a new folder, on free ports; nothing is left of it in the end. */
export async function openBenchLake({ report, profile, signal }: BenchLakeOptions): Promise<BenchLake> {
  const home = await mkdtemp(join(tmpdir(), "sluice-bench-"));
  await using opening = new AsyncDisposableStack();
  opening.defer(() => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

  const bare = opening.use(await startBareReceiver((await freePorts()).gateway));
  const events = join(lakePaths(home).data, "minio-events");
  // Children inherit what stands here; only MinIO knows the one, only Node programs the other.
  const second = { ENABLE: "on", ENDPOINT: bare.url, QUEUE_DIR: events, QUEUE_LIMIT: "1000000" };
  for (const [name, value] of Object.entries(second)) process.env[`MINIO_NOTIFY_WEBHOOK_${name}_BENCH`] = value;
  if (profile !== undefined) process.env["NODE_OPTIONS"] = `--cpu-prof --cpu-prof-dir=${profile}`;
  const lake = await startLake({
    home,
    ports: await freePorts(),
    env: {
      SLUICE_DAGS: fileURLToPath(new URL("dags", import.meta.url)),
      SLUICE_CONTAINERS: Object.values(containers).join(),
      SLUICE_LOG: "warn",
      // Reconciliation by the clock would process what a part has put and not announced yet. Shares are as large as usual.
      SLUICE_RECONCILE_EVERY: "24h",
      SLUICE_RECONCILE_FULL_EVERY: "288d",
    },
    servers: ["temporal", "minio", "mongo", "influxdb"],
    gateway: true,
    worker: true,
    ...(report && { report }),
    ...(signal && { signal }),
  });
  opening.defer(() => lake.stop());
  delete process.env["NODE_OPTIONS"];

  const env = lake.settings;
  const s3 = connectS3(env);
  const { notified: _, ...silent } = containers;
  for (const container of Object.values(silent)) await s3.setBucketNotification(container, new NotificationConfig());
  await s3.makeBucket(bareContainer, env.SLUICE_S3_REGION);
  await s3.setBucketNotification(bareContainer, toBare());
  const webhook = new URL("/webhooks/s3", env.SLUICE_GATEWAY_URL).href;
  const { tell } = opening.use(createSender(env.SLUICE_WEBHOOK_SECRETS[0]));
  const clients = {
    catalog: opening.use(await openCatalog(env)),
    stores: opening.use(createStores(env)),
    influx: opening.use(createInfluxClient(env, patience)),
    temporal: opening.use(await connectTemporal(env)),
  };
  const closing = opening.move();

  return {
    home,
    env,
    variables: lake.env,
    bare,
    ...clients,
    async put(container, key, content, contentType) {
      await s3.putObject(container, key, content, content.length, { "content-type": contentType });
    },
    announce: (container, key, size) => tell(webhook, container, key, size),
    tell,
    unanswered: async (target) => (await readdir(join(events, `minio-webhook-${targets[target]}`))).length,
    defer: (ending) => closing.defer(ending),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

const targets = { gateway: "SLUICE", bare: "BENCH" } as const;

function toBare(): NotificationConfig {
  const queue = new QueueConfig(`arn:minio:sqs::${targets.bare}:webhook`);
  queue.addEvent(ObjectCreatedAll);
  const configuration = new NotificationConfig();
  configuration.add(queue);
  return configuration;
}
