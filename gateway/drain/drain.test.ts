import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Tenants } from "../../infra/rates.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { IngestResult } from "../../workflows/contract.ts";
import { type Journal, openJournal } from "../journal/journal.ts";
import type { NewArrival } from "../journal/records.ts";
import { createDrain, type Drain } from "./drain.ts";
import { type GroupLimits, groupBy, nameRun } from "./group.ts";
import type { Log, RunEnd, RunStarter } from "./runs.ts";

const silent: Log = { info() {}, warn() {}, error() {} };

/** Runs kept in memory, closed when the test says so. */
function memoryRuns() {
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
afterEach(async () => {
  for (const { journal, drain } of opened.splice(0)) {
    await drain[Symbol.asyncDispose]();
    await journal[Symbol.asyncDispose]();
  }
});

type Limits = Partial<GroupLimits & { openRuns: number; startedArrivals: number; shared: number; tenants: Tenants }>;

function start(runs: RunStarter, limits: Limits = {}, path = ":memory:") {
  const group = { count: limits.count ?? 10, bytes: limits.bytes ?? 1_000, aloneBytes: limits.aloneBytes ?? 100 };
  const { shared: sharedWindow, tenants } = limits;
  const windows = { window: group.count * 2, ...(sharedWindow && { sharedWindow }), ...(tenants && { tenants }) };
  const journal = openJournal({ path, limit: 10_000, select: groupBy(group), nameRun, ...windows });
  const drain = createDrain({
    queue: journal.queue,
    runs,
    limits: { openRuns: limits.openRuns ?? 4, startedArrivals: limits.startedArrivals ?? 1_000 },
    log: silent,
  });
  journal.onArrival(() => drain.wake());
  drain.start();
  opened.push({ journal, drain });
  return { journal, drain };
}

function arrival(container: string, key: string, size: number | undefined = 1): NewArrival {
  return { store: "s3", tenant: container, container, key, ...(size !== undefined && { size }), time: "2026-01-01T00:00:00Z", door: "s3" };
}

describe("the drain", () => {
  it("starts a single arrival at once, in a run named after its object", async () => {
    const { runs, starts } = memoryRuns();
    const { journal } = start(runs);
    const [id] = await journal.add([arrival("campus", "roof 1.csv")]);
    await expect.poll(() => starts.length).toBe(1);
    expect(starts[0]?.id).toBe(`ingest/campus/roof 1.csv@${id}`);
    expect(journal.get(id ?? "")).toMatchObject({ state: "started", workflowId: starts[0]?.id });
  });

  it("leaves nothing behind but the outcome once a run has closed", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = start(runs);
    const [id = ""] = await journal.add([arrival("campus", "a")]);
    await expect.poll(() => starts.length).toBe(1);
    close(starts[0]?.id ?? "", "quarantined");
    await expect.poll(() => journal.get(id)).toMatchObject({ state: "closed", outcome: "quarantined" });
    expect(journal.counts()).toMatchObject({ waiting: 0, started: 0 });
  });

  it("lets arrivals wait while all runs are open, and takes them together into the next", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = start(runs, { openRuns: 1 });
    await journal.add([arrival("campus", "first")]);
    await expect.poll(() => starts.length).toBe(1);
    for (const key of ["a", "b", "c"]) await journal.add([arrival("campus", key)]);
    expect(starts).toHaveLength(1);
    close(starts[0]?.id ?? "");
    await expect.poll(() => starts.length).toBe(2);
    expect(starts[1]?.arrivals.map((one) => one.key)).toEqual(["a", "b", "c"]);
    expect(starts[1]?.id).toMatch(/^ingest\/campus\/.+\+3$/);
  });

  it("lets tenants take turns", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = start(runs, { openRuns: 1, count: 2 });
    const of = (container: string, keys: string) => keys.split("").map((key) => arrival(container, key));
    await journal.add([...of("campus", "abcdef"), ...of("factory", "uvwxyz")]);
    for (const index of [0, 1, 2, 3, 4, 5]) {
      await expect.poll(() => starts.length).toBeGreaterThan(index);
      close(starts[index]?.id ?? "");
    }
    expect(starts.map((run) => run.arrivals.map((one) => one.key).join(""))).toEqual(["ab", "uv", "cd", "wx", "ef", "yz"]);
  });

  it("starts a run of a tenant that has none at once, however many the others have open", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = start(runs, { openRuns: 2, count: 2, startedArrivals: 4 });
    await journal.add(Array.from({ length: 20 }, (_, index) => arrival("campus", `a${index}`)));
    await expect.poll(() => starts.length).toBe(2);
    await journal.add([arrival("factory", "x")]);
    await expect.poll(() => starts.map(({ arrivals }) => arrivals[0]?.key)).toEqual(["a0", "a2", "x"]);
    await journal.add([arrival("factory", "y")]);
    close(starts[2]?.id ?? "");
    await expect.poll(() => starts.map(({ arrivals }) => arrivals[0]?.key)).toEqual(["a0", "a2", "x", "y"]);
  });

  it("makes smaller groups while another tenant is present", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = start(runs, { openRuns: 1, count: 10, shared: 3 });
    const many = (name: string) => Array.from({ length: 10 }, (_, index) => arrival("campus", `${name}${index}`));
    await journal.add(many("alone"));
    await expect.poll(() => starts.length).toBe(1);
    await journal.add([arrival("factory", "x")]);
    await expect.poll(() => starts.length).toBe(2);
    await journal.add(many("shared"));
    close(starts[0]?.id ?? "");
    close(starts[1]?.id ?? "");
    await expect.poll(() => starts.length).toBe(3);
    expect(starts.map(({ arrivals }) => arrivals.length)).toEqual([10, 1, 3]);
  });

  it("leaves a throttled tenant's arrivals in the journal until its rate allows, and starts those of others meanwhile", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = start(runs, { openRuns: 10, tenants: { campus: { objects: { perSecond: 5, burst: 4 } } } });
    const begin = performance.now();
    await journal.add(Array.from({ length: 10 }, (_, index) => arrival("campus", `a${index}`)));
    await journal.add([arrival("factory", "x"), arrival("factory", "y")]);
    await expect.poll(() => starts.length).toBeGreaterThan(1);
    expect(starts.slice(0, 2).map(({ arrivals }) => [arrivals[0]?.container, arrivals.length])).toEqual([
      ["campus", 4],
      ["factory", 2],
    ]);
    expect(journal.throttled()).toEqual([
      { tenant: "campus", waiting: expect.toSatisfy((waiting: number) => waiting > 0 && waiting <= 6) },
    ]);
    for (const { id } of starts) close(id);
    const ofCampus = () => starts.flatMap(({ arrivals }) => arrivals).filter(({ container }) => container === "campus");
    await expect.poll(() => ofCampus().length, { timeout: 4_000 }).toBe(10);
    // Six more at five a second.
    expect(performance.now() - begin).toBeGreaterThan(1_150);
    expect(ofCampus().map(({ key }) => key)).toEqual(Array.from({ length: 10 }, (_, index) => `a${index}`));
  });

  it("starts the second arrival of an object only when the run of the first has closed, and others meanwhile", async () => {
    const { runs, starts, close } = memoryRuns();
    const { journal } = start(runs);
    const [first] = await journal.add([arrival("campus", "a"), arrival("campus", "a"), arrival("campus", "b")]);
    await expect.poll(() => starts.length).toBe(1);
    expect(starts[0]?.arrivals.map((one) => one.key)).toEqual(["a", "b"]);
    expect(journal.counts()).toMatchObject({ waiting: 1, started: 2 });
    close(starts[0]?.id ?? "");
    await expect.poll(() => starts.length).toBe(2);
    expect(starts[1]?.arrivals.map((one) => one.id)).not.toContain(first);
  });

  it("keeps an arrival that was handed over until the run that goes on with it has closed", async () => {
    const memory = memoryRuns();
    const { journal } = start(memory.runs);
    const [id = ""] = await journal.add([arrival("campus", "a"), arrival("campus", "b")]);
    await expect.poll(() => memory.starts.length).toBe(1);
    const { id: group = "", arrivals = [] } = memory.starts[0] ?? {};
    const successor = "ingest/campus/a@alone";
    memory.adopt(successor, arrivals.slice(0, 1));
    memory.end(group, {
      outcomes: [
        { arrival: id, outcome: "handed-over", successor },
        { arrival: arrivals[1]?.id ?? "", outcome: "processed" },
      ],
    });
    await expect.poll(() => journal.get(id)).toMatchObject({ state: "started", workflowId: successor });
    memory.close(successor, "failed");
    await expect.poll(() => journal.get(id)).toMatchObject({ state: "closed", outcome: "failed" });
    expect(memory.starts).toHaveLength(1);
  });

  it("waits while the server is away, and starts each arrival once when it is back", async () => {
    const memory = memoryRuns();
    let away = 3;
    const start_ = vi.fn<RunStarter["start"]>(async (id, arrivals) => {
      if (away-- > 0) throw new Error("connection refused");
      return memory.runs.start(id, arrivals);
    });
    const { journal } = start({ ...memory.runs, start: start_ });
    await journal.add([arrival("campus", "a")]);
    await expect.poll(() => memory.starts.length, { timeout: 5_000 }).toBe(1);
    expect(start_).toHaveBeenCalledTimes(4);
  });

  it("starts a run again that the server has lost", async () => {
    const memory = memoryRuns();
    const { journal } = start(memory.runs);
    const [id = ""] = await journal.add([arrival("campus", "a")]);
    await expect.poll(() => memory.starts.length).toBe(1);
    const [lost] = memory.starts.splice(0);
    memory.lose(lost?.id ?? "");
    await expect.poll(() => memory.starts.map((one) => one.id)).toEqual([lost?.id]);
    memory.close(lost?.id ?? "");
    await expect.poll(() => journal.get(id)).toMatchObject({ state: "closed", outcome: "processed" });
  });

  it("starts under its own name a successor that the server has lost", async () => {
    const memory = memoryRuns();
    const { journal } = start(memory.runs);
    const [id = ""] = await journal.add([arrival("campus", "a")]);
    await expect.poll(() => memory.starts.length).toBe(1);
    memory.end(memory.starts[0]?.id ?? "", { outcomes: [{ arrival: id, outcome: "handed-over", successor: "lost" }] });
    await expect.poll(() => memory.starts.at(-1)).toMatchObject({ id: "lost", arrivals: [{ id }] });
  });

  it("takes up after a restart what was in a run, and then what waited, in the order in which it came", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-drain-"));
    const path = join(folder, "journal.sqlite");
    const memory = memoryRuns();
    const one = { openRuns: 1, count: 1 };
    const keys = ["e", "a", "d", "b", "c"];
    const before = start(memory.runs, one, path);
    await before.journal.add(keys.map((key) => arrival("campus", key)));
    await expect.poll(() => memory.starts.length).toBe(1);
    await before.drain[Symbol.asyncDispose]();
    await before.journal[Symbol.asyncDispose]();
    opened.length = 0;

    start(memory.runs, one, path);
    for (const [index] of keys.entries()) {
      await expect.poll(() => memory.starts.length).toBe(index + 1);
      memory.close(memory.starts[index]?.id ?? "");
    }
    expect(memory.starts.flatMap(({ arrivals }) => arrivals.map(({ key }) => key))).toEqual(keys);
    await expect.poll(() => opened[0]?.journal.counts()).toMatchObject({ waiting: 0, started: 0 });
    rmSync(folder, { recursive: true });
  });

  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("add" as const), arrivals: fc.array(anyArrival(), { minLength: 1, maxLength: 12 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("close" as const), which: fc.nat(20) }) },
  );

  it("loses nothing, starts nothing twice, holds its bounds, and never has two runs of one object", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.record({
          count: fc.integer({ min: 1, max: 6 }),
          bytes: fc.integer({ min: 1, max: 60 }),
          openRuns: fc.integer({ min: 1, max: 4 }),
        }),
        async (steps, limits) => {
          const memory = memoryRuns();
          const { journal, drain } = start(memory.runs, { ...limits, aloneBytes: 20 });
          const added: string[] = [];
          const closeOne = (which: number) => {
            const ids = [...memory.open.keys()];
            const id = ids[which % ids.length];
            if (id !== undefined) memory.close(id);
          };
          for (const one of steps) {
            if (one.kind === "add") added.push(...(await journal.add(one.arrivals)));
            else closeOne(one.which);
            const open = [...memory.open.values()].map(({ arrivals: [first] }) => first?.tenant);
            // One of each of three tenants, whatever the others have.
            expect(open.length).toBeLessThanOrEqual(limits.openRuns + 2);
            for (const tenant of new Set(open)) expect(open.filter((one) => one === tenant).length).toBeLessThanOrEqual(limits.openRuns);
          }
          await vi.waitFor(
            () => {
              closeOne(0);
              expect(journal.counts()).toMatchObject({ waiting: 0, started: 0 });
            },
            { interval: 0, timeout: 5_000 },
          );
          await drain[Symbol.asyncDispose]();

          const started = memory.starts.flatMap((run) => run.arrivals);
          expect(started.map((one) => one.id).toSorted()).toEqual(added.toSorted());
          expect(memory.overlaps).toEqual([]);
          for (const { arrivals } of memory.starts) {
            if (arrivals.length === 1) continue;
            expect(arrivals.length).toBeLessThanOrEqual(limits.count);
            expect(arrivals.reduce((sum, one) => sum + (one.size ?? Infinity), 0)).toBeLessThanOrEqual(limits.bytes);
            expect(new Set(arrivals.map((one) => one.container)).size).toBe(1);
            expect(arrivals.every((one) => (one.size ?? Infinity) <= 20)).toBe(true);
          }
          for (const object of new Set(started.map((one) => `${one.container}/${one.key}`))) {
            const order = started.filter((one) => `${one.container}/${one.key}` === object).map((one) => Number(one.id.split("-")[1]));
            expect(order).toEqual(order.toSorted((one, other) => one - other));
          }
          for (const id of added) expect(journal.get(id)).toMatchObject({ state: "closed", outcome: "processed" });
        },
      ),
      { numRuns: 60, interruptAfterTimeLimit: 30_000 },
    );
  }, 60_000);
});

function anyArrival() {
  return fc
    .record({
      container: fc.constantFrom("campus", "factory", "cloud"),
      key: fc.constantFrom("a", "b", "c", "d", "e", "f"),
      size: fc.option(fc.nat(30), { nil: undefined }),
    })
    .map(({ container, key, size }) => arrival(container, key, size));
}
