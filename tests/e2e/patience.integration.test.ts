import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { until } from "./until.ts";

describe("an attempt of a task", { concurrent: true, timeout: 90_000 }, () => {
  let engine: Engine;
  beforeAll(async () => void (engine = await startEngine()));
  afterAll(() => engine?.[Symbol.asyncDispose]());

  // Too large for a group, which tries in its own way: what lands together, as here, may otherwise share one.
  const content = "x".repeat(1024 * 1024 + 1);
  const put = async (key: string) => await engine.outcome(await engine.put(key, content, { type: "text/plain" }), 60_000);

  it("that outlives its time-out is stopped, and the next one may succeed", async () => {
    const key = "timed/once";
    expect(await put(key)).toMatchObject({ state: "processed" });
    const notes = await until("the first attempt has heard of it", 20_000, async () => {
      const found = await engine.notes.of(key);
      return found.includes("stopped") && found;
    });
    expect([...notes].sort()).toEqual(["attempt 1", "attempt 2", "stopped"]);
    const attempts = (await engine.trace(key)).runs.flatMap((run) => run.attempts);
    expect(attempts).toContainEqual(expect.objectContaining({ task: "slow", attempt: 1 }));
  });

  it("that was the last one fails its object, saying that it took too long", async () => {
    const key = "timed/always";
    const object = await put(key);
    expect(object).toMatchObject({ state: "failed", reason: { code: "TASK_TIMED_OUT", kind: "retryable", task: "slow" } });
    expect((await engine.notes.of(key)).filter((note) => note.startsWith("attempt"))).toEqual(["attempt 1", "attempt 2"]);
  });

  it("goes on from the position of the last heartbeat of the one before", async () => {
    const key = "resumed/1";
    expect(await put(key)).toMatchObject({ state: "processed" });
    expect(await engine.notes.of(key)).toEqual(["from 0", "from 4"]);
  });
});
