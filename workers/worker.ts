import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, WorkflowNotFoundError } from "@temporalio/client";
import { NativeConnection, Worker } from "@temporalio/worker";
import { AsyncDisposableStack } from "@whatwg-node/disposablestack";
import type { Logger } from "pino";
import { createActivities } from "../activities/index.ts";
import { createIntegrators } from "../activities/integrators/index.ts";
import { createSinkGuards } from "../activities/integrators/sink-guards.ts";
import { openCatalog } from "../infra/catalog.ts";
import { type Environment, lakePaths } from "../infra/config.ts";
import { createExecutions } from "../infra/executions.ts";
import { createInfluxClient } from "../infra/influx.ts";
import { lazily } from "../infra/lazily.ts";
import { landingContainers } from "../infra/landing.ts";
import { createStores } from "../infra/stores/index.ts";
import { connectTemporal } from "../infra/temporal.ts";
import { loadTasks } from "../loader/code.ts";
import { formatProblem } from "../loader/problem.ts";
import { createRegistry } from "../loader/registry.ts";
import { createPublisher, publisherId } from "./publish.ts";
import { reportWorker } from "./report.ts";
import { workflowBundle } from "./workflow-bundle.ts";

/** The folder of the minimum service that ships. */
export const shippedDags = fileURLToPath(new URL("../dags/minimum", import.meta.url));

/**
 * Builds everything a worker needs and polls until `signal` is aborted; then what runs is finished, and all is closed
 * in the reverse order of its opening. `ready` is called once it polls.
 */
export async function runWorker(
  env: Environment,
  log: Logger,
  signal: AbortSignal,
  ready: () => void,
  bundle = workflowBundle(),
): Promise<void> {
  await using closing = new AsyncDisposableStack();
  bundle.catch(() => {});
  const catalog = closing.use(await openCatalog(env));
  const stores = closing.use(createStores(env));
  const lake = stores.get("s3");
  const influx = closing.use(createInfluxClient(env));
  // Most lakes write no graphs: the driver is loaded with the first.
  const neo4j = lazily(async () => closing.adopt((await import("../infra/neo4j.ts")).createNeo4jDriver(env), (opened) => opened.close()));
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
      apart: true,
      log: { info: (message) => log.info(message), warn: (message) => log.warn(message) },
      onChange: (changed) => publisher.publish(changed),
    }),
  );
  for (const problem of registry.problems()) log.warn(formatProblem(problem));
  await publisher.publish(registry);

  const guards = createSinkGuards({ influx, mongo: catalog.client, neo4j }, env.SLUICE_SINK_LIMITS);
  const worker = await Worker.create({
    connection,
    namespace: env.SLUICE_TEMPORAL_NAMESPACE,
    taskQueue: env.SLUICE_TASK_QUEUE,
    workflowBundle: await bundle,
    activities: createActivities({
      catalog,
      store: (name) => stores.get(name),
      lake,
      integrators: createIntegrators({ influx, mongo: catalog.client, neo4j, store: (name) => stores.get(name), guards }),
      importTasks: (code, hash) => loadTasks(code, hash, cache),
      // The parser comes when it is asked for: few workers ever are.
      taskHashes: async (code) => (await import("../loader/task-code.ts")).taskHashes(code),
      plansInForce: () => publisher.inForce(),
      isLanding: landingContainers(env.SLUICE_CONTAINERS),
      reconciliation: {
        stores: stores.names,
        every: env.SLUICE_RECONCILE_EVERY,
        fullEvery: env.SLUICE_RECONCILE_FULL_EVERY,
        grace: env.SLUICE_RECONCILE_GRACE,
      },
      isClosed: (workflowId, runId) => isClosed(temporal.client, workflowId, runId),
      executions: createExecutions(temporal.client),
      namespace: env.SLUICE_TEMPORAL_NAMESPACE,
      taskQueue: env.SLUICE_TASK_QUEUE,
      log,
      inlineBytes: env.SLUICE_INLINE_BYTES,
    }),
    maxConcurrentActivityTaskExecutions: env.SLUICE_WORKER_CONCURRENCY,
    maxConcurrentLocalActivityExecutions: env.SLUICE_WORKER_CONCURRENCY,
    // One thread does them all. What it takes on and cannot do in time is done again, which makes a slow machine slower: the
    // rest is better off waiting at the server. Not fewer, since some of them only wait for a local activity.
    maxConcurrentWorkflowTaskExecutions: 8 * availableParallelism(),
    maxConcurrentWorkflowTaskPolls: 2,
    // Open runs, of several gateways; one that was dropped is replayed when something happens to it.
    maxCachedWorkflows: 100,
    shutdownGraceTime: "10s",
    // Bookkeeping is tried for as long as a store is away. Nobody waits for that here: another worker goes on with it.
    shutdownForceTime: "15s",
  });
  signal.addEventListener("abort", () => worker.shutdown(), { once: true });
  if (signal.aborted) return;
  const running = worker.run();
  const self = { site: env.SLUICE_SITE, task_queue: env.SLUICE_TASK_QUEUE };
  closing.use(reportWorker({ catalog, self, sinks: () => Object.values(guards).map((guard) => guard.state()) }));
  log.info({ taskQueue: env.SLUICE_TASK_QUEUE, dags: publisher.inForce().length }, "the worker polls");
  ready();
  await running;
}

async function isClosed(client: Client, workflowId: string, runId?: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId, runId).describe();
    if (status.name === "CONTINUED_AS_NEW") return (await client.workflow.getHandle(workflowId).describe()).status.name !== "RUNNING";
    return status.name !== "RUNNING";
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return true;
    throw error;
  }
}
