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
  /** Starts on their way at a time; arrivals that come meanwhile share the next one. */
  readonly starting?: number;
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

/** Leads arrivals out of the journal into runs, and out of the journal once their run has closed. */
export function createDrain({ queue, runs, limits, log }: DrainDeps): Drain {
  const stopping = new AbortController();
  const { signal } = stopping;
  const underway = new Set<Promise<void>>();
  const mostStarting = limits.starting ?? 2;
  let starting = 0;
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
      starting += 1;
      inBackground(startNext);
    }
  }

  function mayStart(): boolean {
    return queue.startable() > 0 && starting < mostStarting && open < limits.openRuns && queue.started() < limits.startedArrivals;
  }

  async function startNext(): Promise<void> {
    let run: Run | undefined;
    try {
      run = await insist("Taking arrivals from the journal", () => queue.take());
      if (run) await startRun(run);
    } finally {
      starting -= 1;
      if (!run) open -= 1;
      wake();
    }
    if (run) await watchRun(run);
  }

  function startRun({ workflowId, arrivals }: Run): Promise<void> {
    return insist("Starting a run", () => runs.start(workflowId, arrivals), { workflowId, arrivals: arrivals.length });
  }

  async function watchRun(run: Run): Promise<void> {
    const { workflowId } = run;
    try {
      let end = await insist("Watching a run", () => runs.closed(workflowId, signal), { workflowId });
      while (end.kind === "unknown") {
        log.warn({ workflowId }, "Temporal does not know this run any more: starting it again");
        await startRun(run);
        end = await insist("Watching a run", () => runs.closed(workflowId, signal), { workflowId });
      }
      await settle(workflowId, end);
    } finally {
      open -= 1;
      wake();
    }
  }

  async function watchSuccessor(workflowId: string, round: AbortSignal): Promise<void> {
    const end = await orAborted(runs.closed(workflowId, round), round);
    if (end.kind === "unknown") {
      log.warn({ workflowId }, "Temporal does not know this run any more: its arrival waits again");
      await insist("Putting an arrival back", () => queue.requeue(workflowId), { workflowId });
    } else {
      await settle(workflowId, end);
    }
    wake();
  }

  async function settle(workflowId: string, end: Exclude<RunEnd, { kind: "unknown" }>): Promise<void> {
    const endingOf = endings(end);
    for (const successor of await insist("Closing a run in the journal", () => queue.settle(workflowId, endingOf), { workflowId })) {
      successors.add(successor);
    }
  }

  return {
    start() {
      inBackground(async () => {
        for (const run of queue.openRuns()) {
          if (run.successor) {
            successors.add(run.workflowId);
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

function endings(end: Exclude<RunEnd, { kind: "unknown" }>): (arrival: string) => Ending | undefined {
  if (end.kind === "failed") return () => ({ outcome: "failed", reason: end.reason });
  const known = new Map(end.result.outcomes.map((one) => [one.arrival, one]));
  return (arrival) => known.get(arrival);
}
