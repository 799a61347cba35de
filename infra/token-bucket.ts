/** So many a second, and so many at once after a rest. */
export type Rate = {
  readonly perSecond: number;
  readonly burst: number;
};

/** A token bucket that may go into debt: what is too large for its burst passes too, and is waited for afterwards. */
export type TokenBucket = {
  /** Milliseconds until something may be taken; 0: now. */
  wait(): number;
  take(count: number): void;
  /** What may be taken without a debt. */
  left(): number;
};

export function createTokenBucket({ perSecond, burst }: Rate, now: () => number = () => performance.now()): TokenBucket {
  let tokens = burst;
  let filled = now();

  function fill(): number {
    const time = now();
    tokens = Math.min(burst, tokens + ((time - filled) * perSecond) / 1_000);
    filled = time;
    return tokens;
  }

  return {
    // A whole token, or all that the bucket ever holds: whoever waits for less would come back for each crumb.
    wait: () => Math.max(0, Math.ceil(((Math.min(1, burst) - fill()) / perSecond) * 1_000)),
    take(count) {
      tokens = fill() - count;
    },
    left: () => Math.max(0, Math.floor(fill())),
  };
}
