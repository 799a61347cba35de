import { expect, it } from "vitest";
import { inTime } from "./deadline.ts";

const never = new AbortController().signal;

it("aborts what takes too long, and says of what and how long", async () => {
  const seen = await inTime(5, never, "Item 3 of rooms", async (signal, late) => {
    const failure = await late.catch((error: unknown) => error);
    return [signal.aborted, failure, signal.reason === failure] as const;
  });
  expect(seen).toEqual([true, expect.objectContaining({ code: "TASK_TIMED_OUT", kind: "retryable" }), true]);
  expect(String(seen[1])).toContain("Item 3 of rooms took longer than its tasks may, 5 ms in all");
});

it("leaves alone what ends in time", async () => {
  const { signal, late } = await inTime(1_000, never, "Item 3", async (signal, late) => ({
    signal,
    late: Promise.race([late, Promise.resolve("in time")]),
  }));
  expect([signal.aborted, await late]).toEqual([false, "in time"]);
});

it("passes cancellation on", async () => {
  await inTime(1_000, AbortSignal.abort("cancelled"), "Item 3", async (signal) => expect(signal.reason).toBe("cancelled"));
});
