import { setTimeout as sleep } from "node:timers/promises";
import { Client, NotificationConfig, ObjectCreatedAll, QueueConfig } from "minio";
import type { Environment } from "../config.ts";
import { landingContainers, namedContainers } from "../landing.ts";
import type { Health } from "./recipe.ts";

/** Containers of the lake's own: what is written there starts nothing. */
export const ownContainers = ["sluice-work", "sluice-code", "sluice-histories"] as const;

export function connectS3(env: Environment): Client {
  const url = new URL(env.SLUICE_S3_URL);
  const secure = url.protocol === "https:";
  return new Client({
    endPoint: url.hostname,
    port: Number(url.port) || (secure ? 443 : 80),
    useSSL: secure,
    accessKey: env.SLUICE_S3_ACCESS_KEY,
    secretKey: env.SLUICE_S3_SECRET_KEY,
    region: env.SLUICE_S3_REGION,
    // Waiting for a server that starts is done elsewhere, without a word on the terminal for each attempt.
    retryOptions: { disableRetry: true },
  });
}

/** Lists the buckets: finds an absent server, one that is not ready yet, and wrong keys. */
export async function probeS3(env: Environment): Promise<Health> {
  await connectS3(env).listBuckets();
  const answer = await fetch(env.SLUICE_S3_URL, { signal: AbortSignal.timeout(4_000) });
  return { version: answer.headers.get("server") ?? "S3" };
}

/** Creates what is missing of the landing containers, which keep versions where the store can, and the lake's own. */
export async function createContainers(env: Environment): Promise<void> {
  const client = connectS3(env);
  const create = async (container: string) => {
    if (!(await client.bucketExists(container))) await client.makeBucket(container, env.SLUICE_S3_REGION);
  };
  await Promise.all([
    ...ownContainers.map(create),
    ...namedContainers(env.SLUICE_CONTAINERS).map(async (container) => {
      await create(container);
      // A store without versions is as good: then an object's version is its etag with its time.
      await client.setBucketVersioning(container, { Status: "Enabled" }).catch(() => {});
    }),
  ]);
}

/** The webhook target that `recipes/minio.ts` puts into MinIO's environment. */
const webhookTarget = "arn:minio:sqs::SLUICE:webhook";

/** Has MinIO tell the gateway of every object that lands in the containers that there are. */
export async function notifyGateway(env: Environment): Promise<void> {
  const client = connectS3(env);
  const present = (await client.listBuckets()).map(({ name }) => name);
  await Promise.all(
    present.filter(landingContainers(env.SLUICE_CONTAINERS)).map(async (container) => {
      const queue = new QueueConfig(webhookTarget);
      queue.setId("sluice");
      queue.addEvent(ObjectCreatedAll);
      const configuration = new NotificationConfig();
      configuration.add(queue);
      await onceItKnowsItsTargets(() => client.setBucketNotification(container, configuration));
    }),
  );
}

/** MinIO answers requests a moment before it has set up the webhooks of its environment. */
async function onceItKnowsItsTargets(ask: () => Promise<unknown>, patience = 20_000): Promise<void> {
  for (const deadline = performance.now() + patience; ;) {
    try {
      await ask();
      return;
    } catch (error) {
      const unknown = error instanceof Error && error.message.includes("destination ARN does not exist");
      if (!unknown || performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}
