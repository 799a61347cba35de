import type { Tenants } from "../../infra/rates.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { IngestResult } from "../../workflows/contract.ts";
import { createDrain, type Drain } from "../../gateway/drain/drain.ts";
import { type GroupLimits, groupBy, nameRun } from "../../gateway/drain/group.ts";
import type { Log, RunEnd, RunStarter } from "../../gateway/drain/runs.ts";
import { type Journal, openJournal } from "../../gateway/journal/journal.ts";
import type { NewArrival } from "../../gateway/journal/records.ts";

const silent: Log = { info() {}, warn() {}, error() {} };

/** Runs kept in memory, closed when the test says so. */
export function memoryRuns() {
  type Run = { readonly arrivals: readonly Arrival[]; readonly ended: PromiseWithResolvers<RunEnd> };
  const known = new Map<string, Run>();
  const open = new Map<string, Run>();
  const starts: { id: string; arrivals: readonly Arrival[] }[] = [];
  const overlaps: string[] = [];
  const adopt = (id: string, arrivals: readonly Arrival[]) => {
    const run = { arrivals, ended: Promise.withResolvers<RunEnd>() };
    known.set(id, run);
    open.set(id, run);
  };
  const runs: RunStarter = {
    async start(id, arrivals) {
      if (known.has(id)) return;
      const busy = new Set([...open.values()].flatMap((run) => run.arrivals.map((one) => `${one.container}/${one.key}`)));
      for (const { container, key } of arrivals) if (busy.has(`${container}/${key}`)) overlaps.push(key);
      starts.push({ id, arrivals });
      adopt(id, arrivals);
    },
    closed(id, signal) {
      const run = known.get(id);
      if (!run) return Promise.resolve({ kind: "unknown" });
      return new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        void run.ended.promise.then(resolve);
      });
    },
  };
  return {
    runs,
    open,
    starts,
    overlaps,
    /** A run that something else started. */
    adopt,
    /** As after a loss of the server's data. */
    lose(id: string) {
      const run = known.get(id);
      known.delete(id);
      open.delete(id);
      run?.ended.resolve({ kind: "unknown" });
    },
    end(id: string, result: IngestResult) {
      known.get(id)?.ended.resolve({ kind: "result", result });
      open.delete(id);
    },
    close: (id: string, outcome: IngestResult["outcomes"][number]["outcome"] = "processed") => {
      const run = open.get(id);
      open.delete(id);
      run?.ended.resolve({ kind: "result", result: { outcomes: run.arrivals.map(({ id: arrival }) => ({ arrival, outcome })) } });
    },
  };
}

const opened: { journal: Journal; drain: Drain }[] = [];

/** After each test, and where one wants to begin again with the same journal. */
export async function closeDrains(): Promise<void> {
  for (const { journal, drain } of opened.splice(0)) {
    await drain[Symbol.asyncDispose]();
    await journal[Symbol.asyncDispose]();
  }
}

type Limits = Partial<GroupLimits & { openRuns: number; startedArrivals: number; waiting: number; shared: number; tenants: Tenants }>;

/** A drain at work on a journal of its own. */
export function startDrain(runs: RunStarter, limits: Limits = {}, path = ":memory:") {
  const group = { count: limits.count ?? 10, bytes: limits.bytes ?? 1_000, aloneBytes: limits.aloneBytes ?? 100 };
  const { shared: sharedWindow, tenants } = limits;
  const windows = { window: group.count * 2, ...(sharedWindow && { sharedWindow }), ...(tenants && { tenants }) };
  const journal = openJournal({ path, limit: 10_000, select: groupBy(group), nameRun, ...windows });
  const drain = createDrain({
    queue: journal.queue,
    runs,
    limits: {
      openRuns: limits.openRuns ?? 4,
      startedArrivals: limits.startedArrivals ?? 1_000,
      ...(limits.waiting !== undefined && { waiting: limits.waiting }),
    },
    log: silent,
  });
  journal.onArrival(() => drain.wake());
  drain.start();
  opened.push({ journal, drain });
  return { journal, drain };
}

export function arrival(container: string, key: string, size: number | undefined = 1): NewArrival {
  return { store: "s3", tenant: container, container, key, ...(size !== undefined && { size }), time: "2026-01-01T00:00:00Z", door: "s3" };
}
