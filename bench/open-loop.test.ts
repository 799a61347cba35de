import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { openLoop } from "./open-loop.ts";

it("begins on time though nothing has ended yet", async () => {
  let underway = 0;
  let most = 0;
  const latencies = await openLoop(200, 20, async () => {
    most = Math.max(most, (underway += 1));
    await sleep(300);
    underway -= 1;
  });
  expect(latencies).toHaveLength(20);
  expect(most).toBe(20);
});

it("charges a stall to all that were due while it lasted", async () => {
  const latencies = await openLoop(100, 10, async (index) => {
    if (index === 0) for (const until = performance.now() + 80; performance.now() < until;);
  });
  // Due at 10, 20 and 30 ms, begun at 80.
  expect(latencies.slice(1, 4).map((latency) => latency > 40)).toEqual([true, true, true]);
});
