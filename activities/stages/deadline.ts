import { retryable } from "../../sdk/contracts/errors.ts";

/** What a timer of Node takes at most. */
const longestTimer = 2 ** 31 - 1;

/**
 * Does something in so many milliseconds, or gives it up: its signal is aborted, and whatever it goes on doing without
 * looking at that is nobody's business any more. @throws `TASK_TIMED_OUT` (retryable)
 */
export async function inTime<Result>(
  limit: number,
  cancelled: AbortSignal,
  what: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => {
      const error = retryable(
        "TASK_TIMED_OUT",
        `${what} took longer than its tasks may, ${limit} ms in all, and was given up. Give them a longer \`timeout\`, or pass their \`signal\` to what they wait for.`,
      );
      reject(error);
      deadline.abort(error);
    },
    Math.min(limit, longestTimer),
  );
  try {
    return await Promise.race([late, work(AbortSignal.any([cancelled, deadline.signal]))]);
  } finally {
    clearTimeout(timer);
  }
}
