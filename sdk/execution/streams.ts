import { type Failure, fingerprintOf, terminal, toFailure } from "../contracts/errors.ts";
import type { ObjectInfo } from "../contracts/object.ts";
import type { RowsPort } from "../language/ports.ts";
import { chunked, chunksOf, type Outlet } from "./broadcast.ts";
import { parse } from "./parse.ts";

/** What a consumer is given before its producer has started. */
export type Subscription = {
  readonly producer: string;
  readonly consumer: string;
  readonly rows: AsyncIterable<unknown>;
  /** What ended the rows, once it has reached the consumer. */
  readonly failure: Failure | undefined;
  /** Whether the consumer was given a row. */
  readonly begun: boolean;
  connect(outlet: Outlet<unknown>): void;
  /** The consumer is no longer waited for, whether the producer has started or not. */
  leave(): void;
};

export function subscription(producer: string, consumer: string): Subscription {
  const { promise, resolve } = Promise.withResolvers<Outlet<unknown>>();
  let failure: Failure | undefined;
  let begun = false;
  const rows = chunked(async function* () {
    const outlet = await promise;
    try {
      for await (const chunk of chunksOf(outlet.rows)) {
        begun = true;
        yield chunk;
      }
    } catch (thrown) {
      failure = toFailure(thrown, producer);
      throw thrown;
    }
  });
  return {
    producer,
    consumer,
    rows,
    get failure() {
      return failure;
    },
    get begun() {
      return begun;
    },
    connect: resolve,
    leave: () => void promise.then((outlet) => outlet.leave()),
  };
}

/** A consumer's failure where its rows ended early: it is its producer's, however the body put it. */
export function upstreamFailure(consumer: string, producer: string, { kind, message }: Failure): Failure {
  return {
    code: "UPSTREAM_FAILED",
    kind,
    message: `Its rows ended early, because ${producer} failed: ${message}`,
    task: consumer,
    fingerprint: fingerprintOf("UPSTREAM_FAILED", consumer, ""),
  };
}

/** What a producer's body yields, parsed row by row unless it is trusted. Whatever it throws comes down the stream. */
export function rowsOf(call: () => unknown, port: RowsPort, object: ObjectInfo): AsyncIterable<unknown> {
  return chunked(async function* () {
    const rows = call();
    if (!isAsyncIterable(rows)) {
      throw terminal(
        "NO_ROWS",
        "The task has `out: rows(…)` but returned something else. Make its body an async generator: `async *run(…) { yield row; }`.",
      );
    }
    if (port.trusted) return yield* chunksOf(rows);
    let number = 0;
    for await (const chunk of chunksOf(rows)) yield chunk.map((row) => parse(port.schema, row, { what: "row", row: ++number, object }));
  });
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
