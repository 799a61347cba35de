import { setTimeout as pause } from "node:timers/promises";
import { onInterruption } from "../interruption.ts";

const [quickest, slowest] = [150, 1_000];

/**
 * Looks at something that goes on elsewhere until it is over, the time is up, or Ctrl-C: which leaves it running.
 * Answers how it was last seen. Looks less often the longer nothing changes.
 */
export async function follow<Seen>(options: {
  readonly look: () => Promise<Seen>;
  readonly isOver: (seen: Seen) => boolean;
  /** Grows as it gets on. */
  readonly done: (seen: Seen) => number;
  readonly show: (seen: Seen) => void;
  /** Milliseconds. */
  readonly timeout: number;
}): Promise<Seen> {
  const { look, isOver, done, show, timeout } = options;
  using interruption = onInterruption();
  const deadline = performance.now() + timeout;
  for (let wait = quickest, before = -1; ;) {
    const seen = await look();
    show(seen);
    if (isOver(seen) || performance.now() > deadline) return seen;
    wait = done(seen) > before ? quickest : Math.min(slowest, wait * 1.3);
    before = done(seen);
    await pause(wait, undefined, { signal: interruption.signal }).catch(() => undefined);
    if (interruption.signal.aborted) return seen;
  }
}
