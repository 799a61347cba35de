import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, WorkflowNotFoundError } from "@temporalio/client";
import { NativeConnection, Worker } from "@temporalio/worker";
import { AsyncDisposableStack } from "@whatwg-node/disposablestack";
import type { Logger } from "pino";
import { createActivities } from "../activities/index.ts";
import { createIntegrators } from "../activities/integrators/index.ts";
import { openCatalog } from "../infra/catalog.ts";
import { type Environment, lakePaths } from "../infra/config.ts";
import { createInfluxClient } from "../infra/influx.ts";
import { createNeo4jDriver } from "../infra/neo4j.ts";
import { createStores } from "../infra/stores/index.ts";
import { connectTemporal } from "../infra/temporal.ts";
import { loadTasks } from "../loader/code.ts";
import { formatProblem } from "../loader/problem.ts";
import { createRegistry } from "../loader/registry.ts";
import { createPublisher, publisherId } from "./publish.ts";
import { workflowBundle } from "./workflow-bundle.ts";

/** The folder of the minimum service that ships. */
export const shippedDags = fileURLToPath(new URL("../dags/minimum", import.meta.url));

/**
 * Builds everything a worker needs and polls until `signal` is aborted; then what runs is finished, and all is closed
 * in the reverse order of its opening. `ready` is called once it polls.
 */
export async function runWorker(env: Environment, log: Logger, signal: AbortSignal, ready: () => void): Promise<void> {
  await using closing = new AsyncDisposableStack();
  const bundle = workflowBundle();
  bundle.catch(() => {});
  const catalog = closing.use(await openCatalog(env));
  const stores = closing.use(createStores(env));
  const lake = stores.get("s3");
  const influx = closing.use(createInfluxClient(env));
  const neo4j = createNeo4jDriver(env);
  closing.defer(() => neo4j.close());
  const temporal = closing.use(await connectTemporal(env));
  const connection = await NativeConnection.connect({ address: env.SLUICE_TEMPORAL_ADDRESS });
  closing.defer(() => connection.close());

  const cache = lakePaths(env.SLUICE_HOME).code;
  const folders = [...env.SLUICE_DAGS.map((folder) => resolve(folder)), ...(env.SLUICE_SHIPPED_DAGS ? [shippedDags] : [])];
  const publisher = closing.use(
    createPublisher({
      lake,
      catalog,
      ships: (file) => file.startsWith(shippedDags),
      self: { _id: publisherId(folders), folders, task_queue: env.SLUICE_TASK_QUEUE },
      warn: (message) => log.warn(message),
    }),
  );
  const registry = closing.use(
    await createRegistry({
      folders,
      cache,
      log: { info: (message) => log.info(message), warn: (message) => log.warn(message) },
      onChange: (changed) => publisher.publish(changed),
    }),
  );
  for (const problem of registry.problems()) log.warn(formatProblem(problem));
  await publisher.publish(registry);

  const worker = await Worker.create({
    connection,
    namespace: env.SLUICE_TEMPORAL_NAMESPACE,
    taskQueue: env.SLUICE_TASK_QUEUE,
    workflowBundle: await bundle,
    activities: createActivities({
      catalog,
      store: (name) => stores.get(name),
      lake,
      integrators: createIntegrators({ influx, mongo: catalog.client, neo4j, store: (name) => stores.get(name) }),
      importTasks: (code, hash) => loadTasks(code, hash, cache),
      plansInForce: () => publisher.inForce(),
      isClosed: (workflowId, runId) => isClosed(temporal.client, workflowId, runId),
      log,
      inlineBytes: env.SLUICE_INLINE_BYTES,
    }),
    maxConcurrentActivityTaskExecutions: env.SLUICE_WORKER_CONCURRENCY,
    maxConcurrentLocalActivityExecutions: env.SLUICE_WORKER_CONCURRENCY,
    maxConcurrentWorkflowTaskPolls: 2,
    maxCachedWorkflows: 500,
    shutdownGraceTime: "10s",
    // Bookkeeping is tried for as long as a store is away. Nobody waits for that here: another worker goes on with it.
    shutdownForceTime: "15s",
  });
  signal.addEventListener("abort", () => worker.shutdown(), { once: true });
  if (signal.aborted) return;
  const running = worker.run();
  log.info({ taskQueue: env.SLUICE_TASK_QUEUE, dags: publisher.inForce().length }, "the worker polls");
  ready();
  await running;
}

async function isClosed(client: Client, workflowId: string, runId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId, runId).describe();
    if (status.name === "CONTINUED_AS_NEW") return (await client.workflow.getHandle(workflowId).describe()).status.name !== "RUNNING";
    return status.name !== "RUNNING";
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return true;
    throw error;
  }
}
