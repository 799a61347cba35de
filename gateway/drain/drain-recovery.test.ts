import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { arrival, closeDrains, memoryRuns, startDrain } from "../../tests/gateway/started-drain.ts";
import type { RunStarter } from "./runs.ts";

afterEach(closeDrains);

describe("the drain, whatever is lost on the way,", () => {
  it("waits while the server is away, and starts each arrival once when it is back", async () => {
    const memory = memoryRuns();
    let away = 3;
    const starting = vi.fn<RunStarter["start"]>(async (id, arrivals) => {
      if (away-- > 0) throw new Error("connection refused");
      return memory.runs.start(id, arrivals);
    });
    const { journal } = startDrain({ ...memory.runs, start: starting });
    await journal.add([arrival("campus", "a")]);
    await expect.poll(() => memory.starts.length, { timeout: 5_000 }).toBe(1);
    expect(starting).toHaveBeenCalledTimes(4);
  });

  it("starts a run again that the server has lost", async () => {
    const memory = memoryRuns();
    const { journal } = startDrain(memory.runs);
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
    const { journal } = startDrain(memory.runs);
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
    const before = startDrain(memory.runs, one, path);
    await before.journal.add(keys.map((key) => arrival("campus", key)));
    await expect.poll(() => memory.starts.length).toBe(1);
    await closeDrains();

    const { journal } = startDrain(memory.runs, one, path);
    for (const [index] of keys.entries()) {
      await expect.poll(() => memory.starts.length).toBe(index + 1);
      memory.close(memory.starts[index]?.id ?? "");
    }
    expect(memory.starts.flatMap(({ arrivals }) => arrivals.map(({ key }) => key))).toEqual(keys);
    await expect.poll(() => journal.counts()).toMatchObject({ waiting: 0, started: 0 });
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
          const { journal, drain } = startDrain(memory.runs, { ...limits, aloneBytes: 20 });
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
