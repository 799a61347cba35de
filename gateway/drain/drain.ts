import { setTimeout as wait } from "node:timers/promises";
import type { ArrivalQueue } from "../journal/queue.ts";
import type { Ending, Run } from "../journal/records.ts";
import { orAborted } from "./abort.ts";
import { persist } from "./persist.ts";
import { createRounds } from "./rounds.ts";
import type { Log, RunEnd, RunStarter } from "./runs.ts";

/** Each tenant may have one run open, however many the others have; beyond that these hold for all together. */
export type DrainLimits = {
  /** Runs of its own that the gateway keeps open. */
  readonly openRuns: number;
  /** Arrivals that are in runs at a time, those that left their group among them. */
  readonly startedArrivals: number;
  /**
   * Young runs at a time: those on their way to Temporal, or started and not yet closed, for a second at most.
   * Arrivals that come meanwhile share the next one, so that groups grow with the load. Default 4.
   */
  readonly young?: number;
  /** As `young`, while another tenant has something to do: what is on its way is what that one waits for. Default 1. */
  readonly youngShared?: number;
  /** Milliseconds after which the run of a single object waits for something, and is no longer counted as open. Default 30,000. */
  readonly waiting?: number;
};

export type DrainDeps = {
  readonly queue: ArrivalQueue;
  readonly runs: RunStarter;
  readonly limits: DrainLimits;
  readonly log: Log;
};

export type Drain = AsyncDisposable & {
  /** Takes up the runs that were open when the journal was closed, then whatever waits. */
  start(): void;
  /** New arrivals may be waiting. */
  wake(): void;
  /** Starts nothing more and stops watching. What is open stays so, and is taken up at the next start. */
  [Symbol.asyncDispose](): Promise<void>;
};

/** A run that lives longer than this, in milliseconds, no longer holds up the start of others. */
const youth = 1_000;

type KnownEnd = Exclude<RunEnd, { kind: "unknown" }>;

/** Leads arrivals out of the journal into runs, and out of the journal once their run has closed. */
export function createDrain({ queue, runs, limits, log }: DrainDeps): Drain {
  const stopping = new AbortController();
  const { signal } = stopping;
  const underway = new Set<Promise<void>>();
  const { young: mostYoung = 4, youngShared = 1, waiting = 30_000 } = limits;
  const openOf = new Map<string, number>();
  let young = 0;
  let open = 0;
  let ready = false;
  let taking = false;
  let wokenMeanwhile = false;
  let resumption: NodeJS.Timeout | undefined;

  const insist = <R>(what: string, attempt: () => Promise<R>, fields: object = {}) =>
    persist(attempt, {
      signal,
      onFailure: (error, delay) => log.warn({ ...fields, err: error, retryInMs: delay }, `${what} failed; trying again`),
    });

  // The run of a single object retries for as long as its sink is down; there may be thousands: looked at in rounds.
  const patient = createRounds({ atOnce: 100, patience: 20_000, signal, visit: watchInRounds });

  function inBackground(work: () => Promise<void>): void {
    const promise = work()
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: error }, "the drain lost track of a run; a restart of the gateway takes it up");
      })
      .finally(() => underway.delete(promise));
    underway.add(promise);
  }

  function wake(): void {
    if (taking) wokenMeanwhile = true;
    if (taking || !ready || signal.aborted || queue.startable() === 0) return;
    taking = true;
    wokenMeanwhile = false;
    inBackground(takeNext);
  }

  /** One after the other, so that each knows what the one before has started. */
  async function takeNext(): Promise<void> {
    let run: Run | undefined;
    try {
      run = await insist("Taking arrivals from the journal", () => queue.take(mayStart));
    } finally {
      taking = false;
    }
    clearTimeout(resumption);
    if (run) inBackground(() => lead(run));
    if (run || wokenMeanwhile) return wake();
    const pause = queue.resumes();
    if (pause !== undefined && !signal.aborted) resumption = setTimeout(wake, pause);
  }

  function mayStart(tenant: string): boolean {
    if (!openOf.has(tenant)) return true;
    return young < (queue.isShared(tenant) ? youngShared : mostYoung) && open < limits.openRuns && queue.started() < limits.startedArrivals;
  }

  function opened({ arrivals: [first] }: Run): void {
    const tenant = first?.tenant ?? "";
    open += 1;
    openOf.set(tenant, (openOf.get(tenant) ?? 0) + 1);
  }

  function closed({ arrivals: [first] }: Run): void {
    const tenant = first?.tenant ?? "";
    const left = (openOf.get(tenant) ?? 0) - 1;
    open -= 1;
    if (left > 0) openOf.set(tenant, left);
    else openOf.delete(tenant);
    wake();
  }

  async function lead(run: Run): Promise<void> {
    opened(run);
    young += 1;
    await startRun(run);
    const watched = watchRun(run);
    const grownUp = wait(youth, undefined, { signal }).catch(() => undefined);
    await Promise.race([watched.catch(() => undefined), grownUp]);
    young -= 1;
    wake();
    await watched;
  }

  function startRun({ workflowId, arrivals }: Run): Promise<void> {
    return insist("Starting a run", () => runs.start(workflowId, arrivals), { workflowId, arrivals: arrivals.length });
  }

  async function watchRun(run: Run): Promise<void> {
    const round = run.arrivals.length === 1 ? AbortSignal.any([signal, AbortSignal.timeout(waiting)]) : signal;
    const watch = () =>
      orAborted(endOf(run, round), round).catch((error: unknown) => {
        if (signal.aborted || !round.aborted) throw error;
        return undefined;
      });
    try {
      const end = await insist("Watching a run", watch, { workflowId: run.workflowId });
      if (end) await settle(run, end);
      else patient.add(run);
    } finally {
      closed(run);
    }
  }

  async function watchInRounds(run: Run, round: AbortSignal): Promise<void> {
    await settle(run, await orAborted(endOf(run, round), round));
    wake();
  }

  async function endOf({ workflowId, arrivals }: Run, patience: AbortSignal): Promise<KnownEnd> {
    const end = await runs.closed(workflowId, patience);
    if (end.kind !== "unknown") return end;
    await runs.start(workflowId, arrivals);
    throw new Error(`Temporal did not know the run ${workflowId} (any more): it was started again.`);
  }

  async function settle({ workflowId }: Run, end: KnownEnd): Promise<void> {
    const endingOf = endings(end);
    const further = await insist("Closing a run in the journal", () => queue.settle(workflowId, endingOf), { workflowId });
    for (const run of further) patient.add(run);
  }

  return {
    start() {
      inBackground(async () => {
        for (const run of queue.openRuns()) {
          if (run.successor) {
            patient.add(run);
            continue;
          }
          opened(run);
          await startRun(run);
          inBackground(() => watchRun(run));
        }
        ready = true;
        wake();
      });
    },
    wake,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      clearTimeout(resumption);
      await Promise.all([...underway, patient.idle()]);
    },
  };
}

function endings(end: KnownEnd): (arrival: string) => Ending | undefined {
  if (end.kind === "failed") return () => ({ outcome: "failed", reason: end.reason });
  const known = new Map(end.result.outcomes.map((one) => [one.arrival, one]));
  return (arrival) => known.get(arrival);
}
