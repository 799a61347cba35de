import { expect, it } from "vitest";
import { openLoop } from "./open-loop.ts";

it("begins on time though nothing has ended yet", async () => {
  const all = Promise.withResolvers<void>();
  const latencies = await openLoop(200, 20, async (index) => {
    if (index === 19) all.resolve();
    await all.promise;
  });
  expect(latencies).toHaveLength(20);
});

it("charges a stall to all that were due while it lasted", async () => {
  const latencies = await openLoop(100, 10, async (index) => {
    if (index === 0) for (const until = performance.now() + 80; performance.now() < until;);
  });
  // Due at 10, 20 and 30 ms, begun at 80.
  expect(latencies.slice(1, 4).map((latency) => latency > 40)).toEqual([true, true, true]);
});
