import { setTimeout as pause } from "node:timers/promises";

const quickest = 100;
const slowest = 1_000;
const batch = 500;

export type Watch<Target> = {
  add(target: Target): void;
  /** Resolves once all have settled, or with those that had not when the time was up. */
  finish(): Promise<readonly Target[]>;
};

/**
 * Asks again and again what became of things, in batches, and tells each outcome as it lands. Asks less often the
 * longer nothing happens.
 */
export function createWatch<Target, Outcome>(options: {
  /** The outcomes of those that have settled. */
  readonly look: (targets: readonly Target[]) => Promise<ReadonlyMap<Target, Outcome>>;
  readonly onOutcome: (outcome: Outcome, target: Target) => void;
  /** Milliseconds, from the call of `finish`. */
  readonly timeout: number;
}): Watch<Target> {
  const { look, onOutcome, timeout } = options;
  const pending = new Set<Target>();
  let deadline = Infinity;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    let wait = quickest;
    while (pending.size > 0 && performance.now() < deadline) {
      await pause(wait);
      const before = pending.size;
      const targets = [...pending];
      for (let from = 0; from < targets.length; from += batch) {
        for (const [target, outcome] of await look(targets.slice(from, from + batch))) {
          if (pending.delete(target)) onOutcome(outcome, target);
        }
      }
      wait = pending.size < before ? quickest : Math.min(slowest, wait * 1.3);
    }
    running = undefined;
  }

  function keepRunning(): Promise<void> {
    running ??= run();
    running.catch(() => undefined);
    return running;
  }

  return {
    add(target) {
      pending.add(target);
      void keepRunning();
    },
    async finish() {
      deadline = performance.now() + timeout;
      if (pending.size > 0) await keepRunning();
      return [...pending];
    },
  };
}
