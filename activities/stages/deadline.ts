import { retryable } from "../../sdk/contracts/errors.ts";

/** What a timer of Node takes at most. */
const longestTimer = 2 ** 31 - 1;

/**
 * Does something in so many milliseconds: then its signal is aborted and `late` rejects with `TASK_TIMED_OUT`
 * (retryable). Whatever goes on without looking at either is nobody's business any more.
 */
export async function inTime<Result>(
  limit: number,
  cancelled: AbortSignal,
  what: string,
  work: (signal: AbortSignal, late: Promise<never>) => Promise<Result>,
): Promise<Result> {
  const deadline = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  late.catch(() => {});
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
    return await work(AbortSignal.any([cancelled, deadline.signal]), late);
  } finally {
    clearTimeout(timer);
  }
}
