import { setTimeout as pause } from "node:timers/promises";

/** Looks again and again until there is something to see; fails with `what` once the time is up. */
export async function until<T>(what: string, timeout: number, look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeout / 1_000} s.`);
    await pause(100);
  }
}
