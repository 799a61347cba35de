import { setTimeout } from "node:timers/promises";
import type { ArrivalQueue } from "../journal/queue.ts";
import type { Ending, Run } from "../journal/records.ts";
import { orAborted } from "./abort.ts";
import { persist } from "./persist.ts";
import { createRounds } from "./rounds.ts";
import type { Log, RunEnd, RunStarter } from "./runs.ts";

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
  const mostYoung = limits.young ?? 4;
  let young = 0;
  let open = 0;
  let ready = false;

  const insist = <R>(what: string, attempt: () => Promise<R>, fields: object = {}) =>
    persist(attempt, {
      signal,
      onFailure: (error, delay) => log.warn({ ...fields, err: error, retryInMs: delay }, `${what} failed; trying again`),
    });

  // One that left its group retries for as long as its sink is down; there may be thousands: looked at in rounds.
  const successors = createRounds({ atOnce: 100, patience: 20_000, signal, visit: watchSuccessor });

  function inBackground(work: () => Promise<void>): void {
    const promise = work()
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: error }, "the drain lost track of a run; a restart of the gateway takes it up");
      })
      .finally(() => underway.delete(promise));
    underway.add(promise);
  }

  function wake(): void {
    while (ready && !signal.aborted && mayStart()) {
      open += 1;
      young += 1;
      inBackground(startNext);
    }
  }

  function mayStart(): boolean {
    return queue.startable() > 0 && young < mostYoung && open < limits.openRuns && queue.started() < limits.startedArrivals;
  }

  async function startNext(): Promise<void> {
    let run: Run | undefined;
    try {
      run = await insist("Taking arrivals from the journal", () => queue.take());
      if (run) await startRun(run);
    } catch (error) {
      run = undefined;
      throw error;
    } finally {
      if (!run) {
        young -= 1;
        open -= 1;
        wake();
      }
    }
    if (!run) return;
    const closed = watchRun(run);
    const grownUp = setTimeout(youth, undefined, { signal }).catch(() => undefined);
    await Promise.race([closed.catch(() => undefined), grownUp]);
    young -= 1;
    wake();
    await closed;
  }

  function startRun({ workflowId, arrivals }: Run): Promise<void> {
    return insist("Starting a run", () => runs.start(workflowId, arrivals), { workflowId, arrivals: arrivals.length });
  }

  async function watchRun(run: Run): Promise<void> {
    try {
      await settle(run, await insist("Watching a run", () => endOf(run, signal), { workflowId: run.workflowId }));
    } finally {
      open -= 1;
      wake();
    }
  }

  async function watchSuccessor(run: Run, round: AbortSignal): Promise<void> {
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
    for (const run of further) successors.add(run);
  }

  return {
    start() {
      inBackground(async () => {
        for (const run of queue.openRuns()) {
          if (run.successor) {
            successors.add(run);
            continue;
          }
          open += 1;
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
      await Promise.all([...underway, successors.idle()]);
    },
  };
}

function endings(end: KnownEnd): (arrival: string) => Ending | undefined {
  if (end.kind === "failed") return () => ({ outcome: "failed", reason: end.reason });
  const known = new Map(end.result.outcomes.map((one) => [one.arrival, one]));
  return (arrival) => known.get(arrival);
}
