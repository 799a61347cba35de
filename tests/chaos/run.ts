import { setTimeout as pause } from "node:timers/promises";
import { MongoClient } from "mongodb";
import { until } from "../e2e/until.ts";
import { audit } from "./audit/index.ts";
import { type Finding, unitsOf } from "./audit/finding.ts";
import { type Backlog, type Landed, openBacklog } from "./backlog.ts";
import type { Fault } from "./faults.ts";
import type { Generated } from "./generator/expected.ts";
import type { Random } from "./generator/random.ts";
import type { ChaosLake } from "./lake.ts";
import type { MischiefDone } from "./proxies/webhook-proxy.ts";
import { settle } from "./settle.ts";
import { startTraffic } from "./traffic.ts";

export type FaultResult = {
  readonly fault: string;
  /** Objects that had landed and had no outcome when it struck. */
  readonly inFlight: number;
  /** Seconds from the blow until the server answered again, or the network carried again. */
  readonly away: number;
  /** Seconds from then until every one of these objects had its outcome. */
  readonly recovery: number;
  /** Attempts of tasks that failed and were recorded, from the blow until the recovery. */
  readonly attempts: number;
  /** Points and documents that were sent to their sinks though they had been sent before, in the same time. */
  readonly repeated: number;
};

export type RunResult = {
  readonly objects: number;
  readonly puts: number;
  readonly seconds: number;
  readonly faults: readonly FaultResult[];
  readonly webhooks: MischiefDone;
  readonly effects: { readonly sent: number; readonly repeated: number };
  readonly findings: readonly Finding[];
};

export type RunOptions = {
  readonly objects: readonly Generated[];
  readonly faults: readonly Fault[];
  readonly random: Random;
  /** Objects in flight without which no fault strikes. */
  readonly atLeast: number;
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
};

/** How long a backlog may take after a fault. */
const recoveryTimeout = 300_000;

/** Puts the objects while one fault after another strikes, lets the lake come to rest, and audits it. */
export async function runChaos(
  lake: ChaosLake,
  { objects, faults, random, atLeast, say = () => {}, signal }: RunOptions,
): Promise<RunResult> {
  const begin = performance.now();
  await using backlog = openBacklog(lake.databases.mongo, ({ container, key, version }) =>
    lake.webhooks.isDropped(container, key, version),
  );
  const stop = new AbortController();
  const traffic = startTraffic(objects, {
    s3: lake.databases.s3,
    backlog,
    random,
    signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
  });
  const trouble = traffic.done.then(() => new Promise<never>(() => {}));
  const results: FaultResult[] = [];
  const share = Math.ceil(traffic.release(0) / Math.max(1, faults.length));
  try {
    for (const fault of faults) {
      traffic.release(share);
      results.push(await Promise.race([trouble, strike(lake, backlog, fault, atLeast, say)]));
    }
    traffic.release(Number.POSITIVE_INFINITY);
    await traffic.done;
    say(`all ${traffic.put()} contents are put; waiting for the lake to come to rest`);
    await settle(lake, { units: unitsOf(objects), backlog, say });
  } finally {
    stop.abort();
  }
  say("comparing every database with what the inputs say");
  const findings = await audit(objects, lake.databases);
  const { points, documents } = lake.effects;
  return {
    objects: objects.length,
    puts: traffic.put(),
    seconds: secondsSince(begin),
    faults: results,
    webhooks: { ...lake.webhooks.done },
    effects: { sent: points.sent() + documents.sent(), repeated: repeatedIn(lake) },
    findings,
  };
}

async function strike(lake: ChaosLake, backlog: Backlog, fault: Fault, atLeast: number, say: (line: string) => void): Promise<FaultResult> {
  const { attempts, inFlight } = await until(`${atLeast} objects are in flight before "${fault.name}"`, 60_000, async () => {
    const attempts = await attemptsIn(lake);
    await backlog.look();
    const inFlight = backlog.snapshot();
    return inFlight.size >= atLeast && { attempts, inFlight };
  });
  const repeated = repeatedIn(lake);
  say(`${fault.name}: ${inFlight.size} objects in flight`);
  const struck = performance.now();
  await fault.strike(lake);
  await pause(fault.lasts);
  await fault.heal(lake);
  const away = secondsSince(struck);
  const healed = performance.now();
  await outcomesOf(backlog, inFlight).catch((cause: unknown) => {
    const left = backlog.left(inFlight).map(({ container, key, version }) => `${container}/${key}@${version}`);
    throw new Error(
      `After "${fault.name}", ${left.length} of ${inFlight.size} objects that were in flight have no outcome: ${left.slice(0, 5).join(", ")}`,
      { cause },
    );
  });
  const recovery = secondsSince(healed);
  say(`${fault.name}: away for ${away.toFixed(1)} s, recovered ${recovery.toFixed(1)} s later`);
  return {
    fault: fault.name,
    inFlight: inFlight.size,
    away,
    recovery,
    attempts: (await attemptsIn(lake)) - attempts,
    repeated: repeatedIn(lake) - repeated,
  };
}

async function outcomesOf(backlog: Backlog, inFlight: ReadonlySet<Landed>): Promise<void> {
  await until("every object has an outcome", recoveryTimeout, async () => {
    await backlog.look();
    return backlog.left(inFlight).length === 0;
  });
}

async function attemptsIn(lake: ChaosLake): Promise<number> {
  await using mongo = new MongoClient(lake.databases.mongo);
  return (
    await mongo
      .db("sluice")
      .collection("attempts")
      .find({}, { projection: { _id: 1 } })
      .toArray()
  ).length;
}

function repeatedIn({ effects }: ChaosLake): number {
  return effects.points.repeated() + effects.documents.repeated();
}

function secondsSince(begin: number): number {
  return (performance.now() - begin) / 1_000;
}
