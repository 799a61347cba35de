import { terminal } from "../../sdk/contracts/errors.ts";

type Bytes = AsyncIterable<Uint8Array>;

/** Ends at once when the signal is raised, even while the source is silent. */
export async function* abortable(source: Bytes, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await unlessAborted(iterator.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a silent source would keep this waiting too.
    iterator.return?.().catch(() => undefined);
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener("abort", abort));
}

/**
 * Throws as soon as the source gives more than `size` bytes, or ends before: no store may wait for the rest for ever.
 * One chunk is held back, so that a store never has all that it waits for from a source that is too long.
 */
export async function* ofSize(source: Bytes, size: number, name: string): AsyncGenerator<Uint8Array> {
  let seen = 0;
  let held: Uint8Array = new Uint8Array();
  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    seen += chunk.length;
    if (seen > size) throw wrongSize(name, size, `${seen} or more`);
    if (held.length > 0) yield held;
    held = chunk;
  }
  if (seen < size) throw wrongSize(name, size, String(seen));
  if (held.length > 0) yield held;
}

function wrongSize(name: string, expected: number, found: string) {
  return terminal(
    "WRONG_SIZE",
    `Cannot write ${name}: ${expected} bytes were announced, its source has ${found}. Give the true size, or none.`,
  );
}

/** Cuts a stream into parts held in memory; part `n` (from 1) has `bytesOf(n)` bytes, the last one what is left. */
export async function* inParts(source: Bytes, bytesOf: (part: number) => number): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  let part = 1;
  for await (const chunk of source) {
    let rest = chunk;
    while (bytes + rest.length >= bytesOf(part)) {
      const cut = bytesOf(part) - bytes;
      yield Buffer.concat([...held, rest.subarray(0, cut)]);
      held = [];
      bytes = 0;
      part += 1;
      rest = rest.subarray(cut);
    }
    if (rest.length > 0) held.push(rest);
    bytes += rest.length;
  }
  if (bytes > 0 || part === 1) yield Buffer.concat(held);
}

/** Cuts a stream into streams of at most `bytes`, one after another: each must be read to its end before the next. */
export async function* inSegments(source: Bytes, bytes: number): AsyncGenerator<Bytes> {
  const iterator = source[Symbol.asyncIterator]();
  let waiting: Uint8Array = new Uint8Array();
  const more = async () => {
    while (waiting.length === 0) {
      const next = await iterator.next();
      if (next.done) return false;
      waiting = next.value;
    }
    return true;
  };
  async function* segment() {
    for (let left = bytes; left > 0 && (await more());) {
      const chunk = waiting.subarray(0, left);
      waiting = waiting.subarray(chunk.length);
      left -= chunk.length;
      yield chunk;
    }
  }
  try {
    while (await more()) yield segment();
  } finally {
    await iterator.return?.();
  }
}

/** The chunks of `first`, then those of `rest`. */
export async function* joined(first: Uint8Array, rest: Bytes): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

/** Translates what goes wrong while a body is being read. */
export async function* translated(body: Bytes, translate: (error: unknown) => unknown): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw translate(error);
  }
}

export async function* nothing(): AsyncGenerator<Uint8Array> {
  // An empty body.
}
