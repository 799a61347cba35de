import { setTimeout as sleep } from "node:timers/promises";

/**
 * Begins work `rate` times a second, whether or not what came before is done, and answers how many milliseconds each
 * took from the moment when it was due: a stall costs all that were due meanwhile, not only the one that was underway.
 */
export async function openLoop(rate: number, count: number, work: (index: number) => Promise<unknown>): Promise<readonly number[]> {
  const start = performance.now();
  const underway: Promise<number>[] = [];
  for (let index = 0; index < count; index++) {
    const due = start + (index * 1_000) / rate;
    // Timers know whole milliseconds: what would be less than one too early goes now.
    const early = Math.floor(due - performance.now());
    if (early > 0) await sleep(early);
    const from = Math.min(due, performance.now());
    const one = work(index).then(() => performance.now() - from);
    // Told below; until then a failure must not end the process before its lake is stopped.
    one.catch(() => {});
    underway.push(one);
  }
  return await Promise.all(underway);
}
