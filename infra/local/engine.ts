import { access, rm } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { lakePaths } from "../config.ts";
import { cacheFolder } from "./install.ts";
import type { LakePlan } from "./plan.ts";
import type { Say } from "./progress.ts";
import type { Launch } from "./recipe.ts";
import { ensureService } from "./service.ts";

/** The same file is TypeScript in a clone and JavaScript in the package; so are its neighbours. */
const extension = extname(fileURLToPath(import.meta.url));

export type EngineSettings = { readonly home: string; readonly plan: LakePlan; readonly say?: Say; readonly signal?: AbortSignal };

const portAdvice = (name: string) => `Stop that program, or choose another port (SLUICE_PORTS="${name}=…" or SLUICE_PORT_OFFSET=1000).`;

export async function startGateway({ home, plan, ...rest }: EngineSettings): Promise<{ readonly detail: string }> {
  const { env, variables } = plan;
  const url = new URL(env.SLUICE_GATEWAY_URL);
  await ensureService({
    ...rest,
    name: "gateway",
    title: "The gateway",
    home,
    launch: nodeProcess("gateway/main", variables),
    ports: [Number(url.port) || 80],
    portAdvice: portAdvice("gateway"),
    async check() {
      const answer = await fetch(new URL("/health", url), { signal: AbortSignal.timeout(2_000) });
      if (!answer.ok) throw new Error(`GET /health answered ${answer.status}`);
    },
  });
  return { detail: url.origin };
}

export async function startWorker({ home, plan, ...rest }: EngineSettings): Promise<{ readonly detail: string }> {
  const { env, variables } = plan;
  const file = join(lakePaths(home).processes, "worker.ready");
  const launch = nodeProcess("workers/main", { ...variables, SLUICE_READY_FILE: file });
  await ensureService({
    ...rest,
    name: "worker",
    title: "The worker",
    home,
    launch,
    ports: env.SLUICE_METRICS_PORT === 0 ? [] : [env.SLUICE_METRICS_PORT],
    portAdvice: portAdvice("metrics"),
    check: () => access(file),
    beforeStart: () => rm(file, { force: true }),
  });
  return { detail: `task queue ${env.SLUICE_TASK_QUEUE}` };
}

/**
 * Left to itself, V8 lets a process grow far beyond the 100 MB that are in use, because the machine has room. Measured
 * with a CSV of 5 million rows: at 8 MB the worker's peak is 318 MB, at 4 MB 272 MB, with 18 and 19 s of processor time.
 */
const smallHeap = ["--max-semi-space-size=4", "--heap-growing-percent=20"];

const frugal = {
  /** Else the allocator keeps some 20 MB for each of many threads. */
  MALLOC_ARENA_MAX: "2",
  /** Compiled code of the last start: with it the gateway takes 17 MB and a third of the processor time less to start. */
  NODE_COMPILE_CACHE: join(cacheFolder, "compiled"),
};

/** How a process of the engine is started, by `npm start` as by the tests. */
export function nodeProcess(entry: string, env: Readonly<Record<string, string>>): Launch {
  const file = fileURLToPath(new URL(`../../${entry}${extension}`, import.meta.url));
  // Types are stripped in place: the sources need no maps, which take 25 MB.
  const own = extension === ".ts" ? ["--conditions=sluice-source"] : ["--enable-source-maps"];
  return {
    command: process.execPath,
    args: [...own, ...smallHeap, "--disable-warning=ExperimentalWarning", file],
    env: { ...env, ...frugal },
  };
}
