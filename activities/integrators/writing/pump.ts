import { isSluiceError } from "../../../sdk/contracts/errors.ts";

/**
 * Hands every part to `add`, the next one while the one before is being written: two parts a call are held in memory,
 * whatever the length of the input. Stops at the first failure or at the signal.
 */
export async function pump<Part>(parts: AsyncIterable<Part>, add: (part: Part) => Promise<void>, signal: AbortSignal): Promise<void> {
  let previous: Promise<void> = Promise.resolve();
  let latest = previous;
  try {
    for await (const part of parts) {
      signal.throwIfAborted();
      latest = add(part);
      // Its rejection is seen when its turn comes; until then it must not count as unhandled.
      latest.catch(() => undefined);
      await unlessAborted(previous, signal);
      previous = latest;
    }
    await unlessAborted(previous, signal);
  } catch (error) {
    // Whoever clears up after a failure must not be overtaken by a write that was still on its way.
    if (!signal.aborted) await Promise.allSettled([previous, latest]);
    throw error;
  }
}

/** A shared write cannot be called back for one caller: the caller stops waiting for it. */
async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Nothing half-written stays of an object that goes to quarantine; what may be retried is left as it is. */
export async function clearingUp<Result>(write: () => Promise<Result>, clear: () => Promise<unknown>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (isSluiceError(error) && error.kind === "terminal") await clear();
    throw error;
  }
}
