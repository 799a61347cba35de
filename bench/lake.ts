import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NotificationConfig } from "minio";
import { type Catalog, openCatalog } from "../infra/catalog.ts";
import type { Environment } from "../infra/config.ts";
import { createInfluxClient, type InfluxClient } from "../infra/influx.ts";
import { startLake } from "../infra/local/lake.ts";
import { freePorts } from "../infra/local/ports.ts";
import type { Report } from "../infra/local/progress.ts";
import { connectS3 } from "../infra/local/s3.ts";
import { createStores } from "../infra/stores/index.ts";
import { connectTemporal, type Temporal } from "../infra/temporal.ts";

/** The store tells the gateway of what lands in `notified`; of what is put into the others the bench tells it. */
export const containers = { notified: "campus", silent: "direct", other: "neighbour" } as const;

/** A lake of the bench's own, with gateway and worker, and clients of everything in it. */
export type BenchLake = AsyncDisposable & {
  readonly home: string;
  readonly env: Environment;
  readonly catalog: Catalog;
  readonly stores: ReturnType<typeof createStores>;
  readonly influx: InfluxClient;
  readonly temporal: Temporal;
  /** Puts an object as any client would: one request, and nothing asked afterwards. */
  put(container: string, key: string, content: Buffer, contentType: string): Promise<void>;
  /** Posts the store's event for an object to the webhook door. */
  announce(container: string, key: string, size: number): Promise<void>;
};

export type BenchLakeOptions = {
  readonly report?: Report;
  /** The folder into which gateway and worker write processor profiles when they end. */
  readonly profile?: string | undefined;
  readonly signal?: AbortSignal;
};

/** In a new folder, on free ports; nothing is left of it in the end. */
export async function openBenchLake({ report, profile, signal }: BenchLakeOptions): Promise<BenchLake> {
  const home = await mkdtemp(join(tmpdir(), "sluice-bench-"));
  await using opening = new AsyncDisposableStack();
  opening.defer(() => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

  // Children inherit it; servers that are no Node programs do not know it.
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
  for (const container of [containers.silent, containers.other]) await s3.setBucketNotification(container, new NotificationConfig());
  const webhook = new URL("/webhooks/s3", env.SLUICE_GATEWAY_URL);
  const headers = { "content-type": "application/json", authorization: `Bearer ${env.SLUICE_WEBHOOK_SECRETS[0]}` };
  const clients = {
    catalog: opening.use(await openCatalog(env)),
    stores: opening.use(createStores(env)),
    influx: opening.use(createInfluxClient(env)),
    temporal: opening.use(await connectTemporal(env)),
  };
  const closing = opening.move();

  return {
    home,
    env,
    ...clients,
    async put(container, key, content, contentType) {
      await s3.putObject(container, key, content, content.length, { "content-type": contentType });
    },
    async announce(container, key, size) {
      const s3Event = { bucket: { name: container }, object: { key: encodeURIComponent(key), size } };
      const body = JSON.stringify({ Records: [{ eventName: "s3:ObjectCreated:Put", eventTime: new Date().toISOString(), s3: s3Event }] });
      const answer = await fetch(webhook, { method: "POST", headers, body });
      if (!answer.ok)
        throw new Error(`The gateway answered the webhook for ${container}/${key} with ${answer.status}: ${await answer.text()}`);
      await answer.arrayBuffer();
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
