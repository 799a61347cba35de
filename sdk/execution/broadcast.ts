/** Rows travel in chunks of this many between a producer and its consumers. */
const chunkRows = 512;
/** A producer waits while a consumer has this many chunks before it. */
const queuedChunks = 4;

const chunksKey = Symbol.for("sluice.chunks");

/** Rows that can also be taken chunk by chunk, which is faster where millions of them pass. */
export type ChunkedRows<T> = AsyncIterable<T> & { readonly [chunksKey]: () => AsyncIterable<readonly T[]> };

/**
 * The chunks of a stream of rows, as they come: of one made by {@link chunked} its own, of any other a few hundred rows
 * each.
 *
 * @example
 * ```ts
 * import { chunksOf } from "sluice/sdk";
 * export async function count(rows: AsyncIterable<unknown>): Promise<number> {
 *   let count = 0;
 *   for await (const chunk of chunksOf(rows)) count += chunk.length;
 *   return count;
 * }
 * ```
 */
export function chunksOf<T>(rows: AsyncIterable<T>): AsyncIterable<readonly T[]> {
  const own = (rows as Partial<ChunkedRows<T>>)[chunksKey];
  return own ? own() : gather(rows);
}

async function* gather<T>(rows: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let chunk: T[] = [];
  for await (const row of rows) {
    chunk.push(row);
    if (chunk.length < chunkRows) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/**
 * Rows for a task's output that come many at a time. One row after another is simpler and fast enough for thousands;
 * of millions, the steps from row to row cost more than the rows. Chunks may be of any length, also empty.
 *
 * @example
 * ```ts
 * import { chunked, rows, task } from "sluice/sdk";
 * import { z } from "zod";
 * export const count = task({
 *   name: "count",
 *   out: rows(z.object({ number: z.number() }), { trusted: true }),
 *   run: () =>
 *     chunked(async function* () {
 *       for (let from = 0; from < 1e6; from += 1000) yield Array.from({ length: 1000 }, (_, index) => ({ number: from + index }));
 *     }),
 * });
 * ```
 */
export function chunked<T>(chunks: () => AsyncIterable<readonly T[]>): ChunkedRows<T> {
  return {
    [chunksKey]: chunks,
    async *[Symbol.asyncIterator]() {
      for await (const chunk of chunks()) yield* chunk;
    },
  };
}

export type Outlet<T> = ReturnType<typeof createOutlet<T>>;

/** A bounded queue of chunks with one consumer, who may leave at any time. */
function createOutlet<T>() {
  const queue: (readonly T[])[] = [];
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let left = false;
  let wake = () => {};
  let room = () => {};

  async function* chunks(): AsyncGenerator<readonly T[]> {
    try {
      for (;;) {
        const chunk = queue.shift();
        if (chunk) {
          room();
          yield chunk;
        } else if (failure) throw failure.error;
        else if (ended) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      leave();
    }
  }

  function leave(): void {
    left = true;
    queue.length = 0;
    room();
  }

  return {
    rows: chunked(chunks),
    leave,
    get left() {
      return left;
    },
    push(chunk: readonly T[]): Promise<void> | undefined {
      if (left) return undefined;
      queue.push(chunk);
      wake();
      return queue.length < queuedChunks ? undefined : new Promise<void>((resolve) => (room = resolve));
    },
    end(error?: { readonly error: unknown }): void {
      ended = true;
      failure = error;
      wake();
    },
  };
}

/**
 * One stream for several consumers, at the pace of the slowest. A consumer that leaves is no longer waited for; once
 * all have left, the producer is stopped. `run` must be awaited: it resolves with the number of rows, or throws what
 * the producer threw (its consumers see the same error).
 */
export function broadcast<T>(source: AsyncIterable<T>, consumers: number) {
  const outlets = Array.from({ length: consumers }, () => createOutlet<T>());
  return {
    outlets,
    async run(): Promise<number> {
      let count = 0;
      try {
        for await (const chunk of chunksOf(source)) {
          count += chunk.length;
          for (const outlet of outlets) await outlet.push(chunk);
          if (consumers > 0 && outlets.every(({ left }) => left)) break;
        }
      } catch (error) {
        for (const outlet of outlets) outlet.end({ error });
        throw error;
      }
      for (const outlet of outlets) outlet.end();
      return count;
    },
  };
}
