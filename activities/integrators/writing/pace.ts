import pLimit from "p-limit";
import { createTokenBucket } from "../../../infra/token-bucket.ts";
import { retryable } from "../../../sdk/contracts/errors.ts";

/** A sink's rate limit in one process. */
export type Pace = {
  /** Called before the first row of an object. @throws `SINK_BUSY` (retryable) where it would wait for too long */
  enter(): void;
  /** Resolves when so many rows may be written: first come, first served. */
  pace(rows: number): Promise<void>;
};

/** Longer than this, in seconds, an object waits outside: inside it would hold a place that others could use. */
const longestWait = 20;

/** Keeps to so many rows a second, with a second's worth at once; undefined: no limit. */
export function createPace(title: string, limit: number | undefined): Pace {
  if (limit === undefined) return { enter: () => undefined, pace: async () => undefined };
  const bucket = createTokenBucket({ perSecond: limit, burst: limit });
  const inTurn = pLimit(1);
  let waiting = 0;
  return {
    enter() {
      const seconds = waiting / limit + bucket.wait() / 1_000;
      if (seconds <= longestWait) return;
      throw retryable(
        "SINK_BUSY",
        `${title} is to get ${limit} rows a second (SLUICE_SINK_LIMITS), and what waits for it here takes ${Math.round(seconds)} s already: the task is tried again later; no attempt is counted.`,
      );
    },
    async pace(rows) {
      waiting += rows;
      await inTurn(async () => {
        const pause = bucket.wait();
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        bucket.take(rows);
        waiting -= rows;
      });
    },
  };
}
