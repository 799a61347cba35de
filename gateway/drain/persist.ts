import { setTimeout as wait } from "node:timers/promises";
import { orAborted } from "./abort.ts";

export type PersistOptions = {
  readonly signal: AbortSignal;
  /** Told of every failed attempt, with the milliseconds until the next. */
  readonly onFailure: (error: unknown, delay: number) => void;
  /** Milliseconds; doubled after each attempt up to `longest`, and spread by up to half. */
  readonly first?: number;
  readonly longest?: number;
};

/**
 * Tries until it succeeds: for what must happen in the end, once the world is well again. Throws only when aborted,
 * and then at once: an attempt that is underway is left to itself.
 */
export async function persist<R>(
  attempt: () => Promise<R>,
  { signal, onFailure, first = 100, longest = 10_000 }: PersistOptions,
): Promise<R> {
  for (let delay = first; ; delay = Math.min(delay * 2, longest)) {
    signal.throwIfAborted();
    try {
      return await orAborted(attempt(), signal);
    } catch (error) {
      signal.throwIfAborted();
      const spread = Math.round(delay * (0.75 + Math.random() / 2));
      onFailure(error, spread);
      await wait(spread, undefined, { signal });
    }
  }
}
