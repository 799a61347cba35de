import { pino } from "pino";
import { openCatalog } from "../infra/catalog.ts";
import { ConfigurationError, type Environment, lakePaths, readEnvironment } from "../infra/config.ts";
import { createExecutions } from "../infra/executions.ts";
import { createInfluxClient } from "../infra/influx.ts";
import { landingContainers } from "../infra/landing.ts";
import { readState } from "../infra/local/state.ts";
import { runProcess } from "../infra/process.ts";
import { createStores } from "../infra/stores/index.ts";
import { connectTemporalLazily } from "../infra/temporal.ts";
import { retryable } from "../sdk/contracts/errors.ts";
import {
  createApi,
  createCatalogReader,
  createForgettingRuns,
  createRebuildRuns,
  createReconciliationRuns,
  createReprocessingRuns,
  lakeChecks,
} from "./api/index.ts";
import { type AppDeps, createApp } from "./app.ts";
import { createDrain } from "./drain/drain.ts";
import { groupBy, nameRun } from "./drain/group.ts";
import { persist } from "./drain/persist.ts";
import { createTemporalRuns } from "./drain/temporal-runs.ts";
import { publishBacklog } from "./journal/backlog.ts";
import { openJournal } from "./journal/journal.ts";
import { createUploadGate } from "./journal/throttle.ts";
import { listen } from "./server.ts";

/** Most arrivals of a group while several tenants have something to do: what one of them waits for at least. */
const sharedGroup = 25;

/** The gateway: everything is closed in the reverse order of its opening when it is told to stop. */
async function main(): Promise<void> {
  const env = await settings();
  const log = pino({ name: "gateway", level: env.SLUICE_LOG, base: { site: env.SLUICE_SITE } });
  const stopping = new AbortController();
  const stopped = Promise.withResolvers<void>();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stopped.resolve());

  const limits = { count: env.SLUICE_GROUP_LIMIT, bytes: env.SLUICE_GROUP_BYTES, aloneBytes: env.SLUICE_ALONE_BYTES };
  await using journal = openJournal({
    path: lakePaths(env.SLUICE_HOME).journal,
    limit: env.SLUICE_JOURNAL_LIMIT,
    select: groupBy(limits),
    nameRun,
    window: limits.count * 2,
    sharedWindow: Math.min(limits.count, sharedGroup),
    tenants: env.SLUICE_TENANTS,
  });
  await using temporal = connectTemporalLazily(env);
  await using stores = createStores(env);
  await using influx = createInfluxClient(env);
  await using drain = createDrain({
    queue: journal.queue,
    runs: createTemporalRuns({ client: temporal.client, taskQueue: env.SLUICE_TASK_QUEUE, site: env.SLUICE_SITE }),
    limits: { openRuns: env.SLUICE_OPEN_RUNS, startedArrivals: env.SLUICE_OPEN_RUNS * env.SLUICE_GROUP_LIMIT },
    log,
  });
  journal.onArrival(() => drain.wake());
  drain.start();

  const deps: AppDeps = {
    journal,
    isLanding: landingContainers(env.SLUICE_CONTAINERS),
    stores: stores.names,
    now: () => new Date(),
    auth: { secrets: env.SLUICE_WEBHOOK_SECRETS },
    apiToken: env.SLUICE_API_TOKEN,
    ready: () => within(2_000, temporal.connection.workflowService.getSystemInfo({})),
    log,
  };
  const executions = createExecutions(temporal.client);
  let app = createApp(deps);

  // Webhooks are taken whether or not the catalog is there; the API follows once it is.
  const catalog = persist(() => openCatalog(env), {
    signal: stopping.signal,
    onFailure: (err, delay) => log.warn({ err, retryInMs: delay }, "the catalog does not answer; trying again"),
  });
  const attached = catalog.then(async (opened) => {
    const { default: about } = await import("sluice/package.json", { with: { type: "json" } });
    const api = createApi({
      catalog: createCatalogReader(opened, deps.isLanding),
      arrivals: journal,
      uploads: createUploadGate(env.SLUICE_TENANTS),
      reprocessings: createReprocessingRuns({
        client: temporal.client,
        taskQueue: env.SLUICE_TASK_QUEUE,
        limits: { group: limits.count, bytes: limits.bytes, alone: limits.aloneBytes },
      }),
      reconciliations: createReconciliationRuns({ client: temporal.client, taskQueue: env.SLUICE_TASK_QUEUE }),
      forgettings: createForgettingRuns({ client: temporal.client, taskQueue: env.SLUICE_TASK_QUEUE }),
      rebuilds: createRebuildRuns({ client: temporal.client, taskQueue: env.SLUICE_TASK_QUEUE }),
      stores,
      isLanding: deps.isLanding,
      temporal: {
        uiUrl: env.SLUICE_TEMPORAL_UI_URL,
        namespace: env.SLUICE_TEMPORAL_NAMESPACE,
        has: (workflowId, runId) => executions.has(workflowId, runId),
      },
      version: about.version,
      checks: lakeChecks({ stores, catalog: opened, temporal, influx, neo4j: env.SLUICE_NEO4J_URL }),
      log,
    });
    app = createApp({ ...deps, api });
    void publishBacklog({ journal, catalog: opened, signal: stopping.signal, log });
  });
  attached.catch((err: unknown) => {
    if (!stopping.signal.aborted) log.error({ err }, "the API could not be set up; webhooks are taken all the same");
  });

  {
    await using server = await listen(env.SLUICE_GATEWAY_URL, (request) => app.fetch(request));
    log.info({ url: server.url, journal: journal.counts() }, "the gateway listens");
    await stopped.promise;
    log.info("the gateway stops: no new requests, those underway are answered");
  }
  stopping.abort();
  const opened = await catalog.catch(() => undefined);
  await opened?.[Symbol.asyncDispose]();
}

/** The environment, and for what it does not say, the local lake that SLUICE_HOME holds. */
async function settings(): Promise<Environment> {
  const lake = await readState(readEnvironment().SLUICE_HOME);
  const env = readEnvironment({ ...lake?.env, ...process.env });
  const missing = [
    ...(env.SLUICE_WEBHOOK_SECRETS.length === 0
      ? ["SLUICE_WEBHOOK_SECRETS: at least one secret, which stores send with their webhooks"]
      : []),
    ...(env.SLUICE_API_TOKEN === "" ? ["SLUICE_API_TOKEN: the token that clients of the API send"] : []),
  ];
  if (missing.length === 0) return env;
  throw new ConfigurationError(`The gateway needs secrets, and \`sluice up\` has not made any here yet:\n  ${missing.join("\n  ")}`);
}

async function within(ms: number, answer: Promise<unknown>): Promise<void> {
  const late = AbortSignal.timeout(ms);
  const timedOut = new Promise<never>((_, reject) => {
    late.addEventListener("abort", () => reject(retryable("TEMPORAL_UNAVAILABLE", `Temporal does not answer within ${ms} ms.`)));
  });
  await Promise.race([answer, timedOut]);
}

await runProcess(main);
