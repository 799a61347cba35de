import { resolve } from "node:path";
import { type Environment, lakePaths } from "../config.ts";
import { createInfluxClient } from "../influx.ts";
import { ensureSchedules } from "../schedules.ts";
import { connectTemporal, registerSearchAttributes } from "../temporal.ts";
import { startGateway, startWorker } from "./engine.ts";
import { withLock } from "./lock.ts";
import { type LakePlan, planLake } from "./plan.ts";
import type { LakePorts } from "./ports.ts";
import { runningProcesses, stopProcess } from "./processes.ts";
import { type Report, step } from "./progress.ts";
import type { Recipe, ServerName } from "./recipe.ts";
import { lakeServers, recipes } from "./recipes/index.ts";
import { createContainers, notifyGateway } from "./s3.ts";
import { requireRoom } from "./room.ts";
import { startServer } from "./server.ts";
import { readState, writeState } from "./state.ts";

export type LakeOptions = {
  readonly home: string;
  /** Where settings come from; a server whose address stands here is used as it is. */
  readonly env?: NodeJS.ProcessEnv;
  readonly ports?: LakePorts;
  readonly servers?: readonly ServerName[];
  readonly gateway?: boolean;
  readonly worker?: boolean;
  readonly report?: Report;
  readonly signal?: AbortSignal;
};

export type Lake = {
  readonly home: string;
  /** Every `SLUICE_` variable by which other processes join this lake. */
  readonly env: Readonly<Record<string, string>>;
  readonly settings: Environment;
  readonly ports: LakePorts;
  /** Stops, in order, all that runs of the lake. */
  stop(): Promise<void>;
};

/** Brings up a lake on this machine, or what is not up of it yet. One that cannot be brought up is stopped again. */
export async function startLake(options: LakeOptions): Promise<Lake> {
  const home = resolve(options.home);
  const { env = process.env, report = () => {}, signal, servers = lakeServers } = options;
  const wanted = servers.map((name) => recipes[name]);
  // Before the lock, which makes the lake's folder: there is to be none of a lake that cannot be.
  await requireRoom(home, planLake(home, env, wanted, await readState(home), options.ports), options);
  return await withLock(`${lakePaths(home).root}/up.lock`, async () => {
    const plan = planLake(home, env, wanted, await readState(home), options.ports);
    await writeState(home, { env: plan.variables, ports: plan.ports });
    const before = new Set((await runningProcesses(home)).map(({ name }) => name));
    try {
      await bringUp(home, plan, { gateway: false, worker: false, report, ...options });
    } catch (error) {
      await stopLake(home, (name) => !before.has(name));
      throw error;
    }
    signal?.throwIfAborted();
    return { home, env: plan.variables, settings: plan.env, ports: plan.ports, stop: () => stopLake(home) };
  });
}

type Wanted = { readonly gateway: boolean; readonly worker: boolean; readonly report: Report; readonly signal?: AbortSignal };

async function bringUp(home: string, plan: LakePlan, { gateway, worker, report, signal }: Wanted): Promise<void> {
  const { env, ports, local, existing } = plan;
  const common = { home, ...(signal && { signal }) };
  await all([
    ...local.map((recipe) =>
      step(report, recipe.title, async (say) => {
        const { health, from, started } = await startServer(recipe, { ...common, ports, env, say });
        await prepare(recipe, plan);
        const how = { path: "from the PATH", cache: "", built: "newly built" }[from];
        return { detail: [health.version, how, started ? "" : "already running"].filter(Boolean).join(", ") };
      }),
    ),
    ...existing.map((recipe) =>
      step(report, recipe.title, async () => {
        const { version } = await recipe.probe(env);
        await prepare(recipe, plan);
        return { detail: `${version}, the one that ${recipe.variable} names` };
      }),
    ),
  ]);

  const engine = { ...common, plan };
  const ownGateway = gateway && plan.ownGateway;
  await all([
    ...(ownGateway ? [step(report, "Gateway", (say) => startGateway({ ...engine, say }))] : []),
    ...(worker ? [step(report, "Worker", (say) => startWorker({ ...engine, say }))] : []),
  ]);
  if (gateway) await step(report, "Notifications", () => pointNotifications(plan));
  // Without a worker nobody would do what they start.
  if (worker) await step(report, "Schedules", () => startSchedules(plan));
}

async function startSchedules({ env }: LakePlan): Promise<{ readonly detail: string }> {
  await using temporal = await connectTemporal(env);
  return { detail: (await ensureSchedules(temporal, env)).join(", ") };
}

/** What a server needs once before the engine can use it. */
async function prepare(recipe: Recipe, { env }: LakePlan): Promise<void> {
  if (recipe.variable === "SLUICE_S3_URL") await createContainers(env);
  if (recipe.name === "influxdb") await createDatabase(env);
  if (recipe.name === "temporal") {
    await using temporal = await connectTemporal(env);
    await registerSearchAttributes(temporal);
  }
}

async function createDatabase(env: Environment): Promise<void> {
  await using influx = createInfluxClient(env);
  await influx.createDatabase();
}

/** An existing store cannot be given a webhook target from here; that is then said, and not an error. */
async function pointNotifications({ env, existing }: LakePlan): Promise<{ readonly detail: string }> {
  const target = new URL("/webhooks/s3", env.SLUICE_GATEWAY_URL).href;
  try {
    await notifyGateway(env);
    return { detail: `${env.SLUICE_CONTAINERS.join(", ")} → ${target}` };
  } catch (error) {
    if (!existing.some(({ variable }) => variable === "SLUICE_S3_URL")) throw error;
    return {
      detail:
        `the store at ${env.SLUICE_S3_URL} has no webhook target SLUICE (${(error as Error).message}): have it post ` +
        `s3:ObjectCreated:* of ${env.SLUICE_CONTAINERS.join(", ")} to ${target} with the bearer token of lake.json`,
    };
  }
}

/** All end, well or not, before the first failure is thrown: nothing is left half done behind an error. */
async function all(work: readonly Promise<unknown>[]): Promise<void> {
  const failures = (await Promise.allSettled(work)).filter((result) => result.status === "rejected");
  if (failures.length === 1) throw failures[0]?.reason;
  if (failures.length > 1) {
    const reasons = failures.map(({ reason }) => reason as Error);
    throw new AggregateError(reasons, reasons.map(({ message }) => message).join("\n"));
  }
}

/** First who takes in work, then who does it, then what it is stored in; within a group all at once. */
const stopOrder: readonly (readonly string[])[] = [["gateway"], ["worker"], ["minio", "versitygw", "temporal"]];

/** Stops what runs of the lake in this folder; `which` leaves out what another started. */
export async function stopLake(home: string, which: (name: string) => boolean = () => true, report: Report = () => {}): Promise<void> {
  const running = (await runningProcesses(home)).filter(({ name }) => which(name));
  const early = new Set(stopOrder.flat());
  const groups = [...stopOrder, running.map(({ name }) => name).filter((name) => !early.has(name))];
  for (const group of groups) {
    const stopping = running.filter(({ name }) => group.includes(name));
    await Promise.all(
      stopping.map((record) =>
        step(report, recipes[record.name as ServerName]?.title ?? record.name, async () => {
          await stopProcess(home, record);
          return { detail: "stopped" };
        }),
      ),
    );
  }
}

/** The lake that was started in this folder, by its `lake.json`. */
export async function findLake(home: string): Promise<Lake | undefined> {
  const state = await readState(home);
  if (state === undefined) return undefined;
  const plan = planLake(home, state.env, [], state, state.ports);
  return { home: resolve(home), env: state.env, settings: plan.env, ports: state.ports, stop: () => stopLake(home) };
}
