import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { retryable, terminal } from "../../../sdk/contracts/errors.ts";
import { createSinkGuard } from "./sink-guard.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const refused = () => Promise.reject(retryable("SINK_UNAVAILABLE", "ECONNREFUSED."));
const answered = () => Promise.resolve("answer");

/** A sink that is there or not, and how often it was asked for anything. */
function sinkUnderTest() {
  const sink = { there: true, pings: 0, requests: 0 };
  const guard = createSinkGuard({
    sink: "sink",
    title: "Sink",
    pause: 5_000,
    silence: 5_000,
    async ping() {
      sink.pings += 1;
      if (!sink.there) throw new Error("ECONNREFUSED");
    },
  });
  const ask = () =>
    guard.run(async () => {
      sink.requests += 1;
      return sink.there ? answered() : refused();
    });
  return { sink, guard, ask };
}

describe("a sink's guard", () => {
  it("leaves the sink alone from the first request that finds nobody there, and says why", async () => {
    const { sink, guard, ask } = sinkUnderTest();
    sink.there = false;
    await expect(ask()).rejects.toMatchObject({ code: "SINK_AWAY", kind: "retryable" });
    for (let times = 0; times < 100; times += 1) await expect(ask()).rejects.toMatchObject({ code: "SINK_AWAY" });
    expect(sink).toMatchObject({ requests: 1, pings: 1 });
    expect(guard.state()).toMatchObject({ sink: "sink", state: "open", reason: expect.stringContaining("ECONNREFUSED") });
    await expect(ask()).rejects.toThrow(/left alone.*no attempt is counted/);
  });

  it("looks again after a pause with one question, whoever asks meanwhile", async () => {
    const { sink, ask } = sinkUnderTest();
    sink.there = false;
    await ask().catch(() => undefined);
    vi.advanceTimersByTime(5_000);
    const asked = await Promise.allSettled(Array.from({ length: 50 }, ask));
    expect(asked.every(({ status }) => status === "rejected")).toBe(true);
    expect(sink).toMatchObject({ requests: 1, pings: 2 });
  });

  it("lets requests through one at a time when the sink is back, then as many more as were answered", async () => {
    const { sink, guard, ask } = sinkUnderTest();
    sink.there = false;
    await ask().catch(() => undefined);
    sink.there = true;
    vi.advanceTimersByTime(5_000);
    await expect(ask()).resolves.toBe("answer");
    expect(guard.state()).toMatchObject({ state: "closed" });
    expect(guard.state().reason).toBeUndefined();

    const open: (() => void)[] = [];
    const many = Array.from({ length: 20 }, () => guard.run(() => new Promise<void>((resolve) => open.push(resolve))));
    const counts: number[] = [];
    while (open.length > 0 || counts.length === 0) {
      await vi.advanceTimersByTimeAsync(0);
      counts.push(open.length);
      for (const answer of open.splice(0)) answer();
      await vi.advanceTimersByTimeAsync(0);
    }
    await Promise.all(many);
    expect(counts).toEqual([2, 4, 8, 6]);
  });

  it("looks once for all requests that wait at the same time", async () => {
    let pings = 0;
    const guard = createSinkGuard({
      sink: "sink",
      title: "Sink",
      silence: 1_500,
      ping: () => new Promise((resolve) => setTimeout(resolve, 100, (pings += 1))),
    });
    for (let number = 0; number < 20; number += 1) void guard.run(() => new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(3_200);
    expect(pings).toBe(2);
  });

  it("notices that a sink hangs long before the request gives up", async () => {
    let there = true;
    const guard = createSinkGuard({
      sink: "sink",
      title: "Sink",
      silence: 5_000,
      ping: () => (there ? answered() : new Promise(() => undefined)),
    });
    const asked = guard.run(() => new Promise(() => undefined)).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(guard.state().state).toBe("closed");
    there = false;
    await vi.advanceTimersByTimeAsync(8_000);
    expect(await asked).toMatchObject({ code: "SINK_AWAY", message: expect.stringContaining("does not answer within 3 s") });
    expect(guard.state().state).toBe("open");
  });

  it("leaves a sink alone that answers to pings and fails five times in a row, but not before", async () => {
    const guard = createSinkGuard({ sink: "sink", title: "Sink", ping: answered });
    for (let times = 0; times < 4; times += 1) await expect(guard.run(refused)).rejects.toMatchObject({ code: "SINK_UNAVAILABLE" });
    await guard.run(answered);
    for (let times = 0; times < 5; times += 1) await expect(guard.run(refused)).rejects.toMatchObject({ code: "SINK_UNAVAILABLE" });
    await expect(guard.run(answered)).rejects.toMatchObject({ code: "SINK_AWAY" });
  });

  it("does not hold against the sink what is wrong with the input", async () => {
    const guard = createSinkGuard({ sink: "sink", title: "Sink", ping: () => Promise.reject(new Error("?")) });
    const bad = () => Promise.reject(terminal("BAD", "Bad."));
    for (let times = 0; times < 10; times += 1) await expect(guard.run(bad)).rejects.toMatchObject({ code: "BAD" });
    await expect(guard.run(answered)).resolves.toBe("answer");
  });

  it("keeps to its rows a second, with a second's worth at once, and refuses who would wait too long", async () => {
    const guard = createSinkGuard({ sink: "sink", title: "Sink", limit: 100 });
    const passed: number[] = [];
    const begin = performance.now();
    const parts = Array.from({ length: 30 }, () =>
      guard.pace(100).then(() => passed.push(Math.round((performance.now() - begin) / 1_000))),
    );
    expect(() => guard.enter()).toThrow(/SLUICE_SINK_LIMITS/);
    await vi.advanceTimersByTimeAsync(30_000);
    await Promise.all(parts);
    // The second follows as soon as the bucket holds anything again: from then on each waits for the debt of the one before.
    expect(passed).toEqual([0, ...Array.from({ length: 29 }, (_, second) => second)]);
    expect(() => guard.enter()).not.toThrow();
  });
});
