import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { terminal } from "../../sdk/contracts/errors.ts";
import { isFree } from "./ports.ts";
import { runningProcess, settingsOf, type Started, startProcess, stopProcess } from "./processes.ts";
import type { Say } from "./progress.ts";
import type { Launch } from "./recipe.ts";
import { lastLines } from "./tools.ts";

export type Service<H> = {
  readonly name: string;
  readonly title: string;
  readonly home: string;
  readonly launch: Launch;
  /** The first is the one that clients use. */
  readonly ports: readonly number[];
  /** What to do where a port is taken: which setting moves it. */
  readonly portAdvice: string;
  /** Resolves once the service does what it is there for; throws as long as it does not. */
  readonly check: () => Promise<H>;
  /** Clears away what would pass for readiness and is left over from last time. */
  readonly beforeStart?: () => Promise<void>;
  readonly say?: Say;
  readonly signal?: AbortSignal;
};

export type Readiness<H> = { readonly health: H; readonly started: boolean };

const patience = 120_000;

/** Has the service running with these settings, and waits until it is ready: starts it, or finds it running. */
export async function ensureService<H>(service: Service<H>): Promise<Readiness<H>> {
  const { home, name, launch, say = () => {} } = service;
  const running = await runningProcess(home, name);
  if (running?.settings === settingsOf(launch)) {
    return { health: await ready(service, undefined), started: false };
  }
  if (running !== undefined) {
    say("stopping it, its settings have changed");
    await stopProcess(home, running);
  }
  await requireFreePorts(service);
  await service.beforeStart?.();
  say("starting");
  const started = await startProcess(home, name, service.ports[0] ?? 0, launch);
  return { health: await ready(service, started), started: true };
}

async function requireFreePorts<H>({ title, ports, portAdvice }: Service<H>): Promise<void> {
  for (const port of ports) {
    if (await isFree(port)) continue;
    throw terminal("PORT_TAKEN", `${title} needs port ${port} of 127.0.0.1, on which another program listens. ${portAdvice}`);
  }
}

async function ready<H>(service: Service<H>, started: Started | undefined): Promise<H> {
  const deadline = performance.now() + patience;
  let ended: string | undefined;
  void started?.exited.then((how) => (ended = how));
  for (;;) {
    service.signal?.throwIfAborted();
    try {
      return await service.check();
    } catch (cause) {
      if (ended !== undefined || performance.now() > deadline) {
        throw await notReady(service, started, ended ?? `does not answer after ${patience / 1_000} s`, cause);
      }
    }
    await sleep(100);
  }
}

async function notReady<H>(service: Service<H>, started: Started | undefined, what: string, cause: unknown) {
  const log = started?.log;
  const tail = log ? lastLines(await readFile(log, "utf8").catch(() => ""), 10) : "";
  const reason = cause instanceof Error ? cause.message : String(cause);
  return terminal(
    "NOT_READY",
    `${service.title} ${what}; the last answer was: ${reason}.${log ? ` Its log ${log} ends with:\n${tail}` : ""}`,
    { cause },
  );
}
