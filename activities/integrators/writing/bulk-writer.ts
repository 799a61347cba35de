import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleWhen } from "cockatiel";
import { createGroupCommit } from "../../../infra/group-commit.ts";
import { isSluiceError, retryable } from "../../../sdk/contracts/errors.ts";

export type BulkWriter<Part> = {
  /** Resolves once the part is written; awaiting it is the caller's back-pressure. */
  add(part: Part): Promise<void>;
  idle(): Promise<void>;
};

export type BulkWriterOptions<Part> = {
  /** Names the sink in messages. */
  readonly sink: string;
  /** Writes the parts of one or several callers in one request; idempotent. */
  readonly write: (parts: readonly Part[]) => Promise<void>;
  /** Share of what one request may hold; 1 fills it. */
  readonly weigh: (part: Part) => number;
  readonly inFlight?: number;
};

/** Failures in a row before the sink is left alone, and for how long. */
const failuresToOpen = 5;
const openFor = 5_000;

/**
 * One writer for all calls of a process: while requests are in flight, parts wait, and the next request takes what
 * waits. Where a request holding several parts is refused for what it holds, each part is written by itself, so that
 * only the guilty one fails. A sink that keeps failing is left alone for a while.
 */
export function createBulkWriter<Part>(options: BulkWriterOptions<Part>): BulkWriter<Part> {
  const { sink, write, weigh, inFlight = 2 } = options;
  const breaker = circuitBreaker(handleWhen(isTheWorld), {
    halfOpenAfter: openFor,
    breaker: new ConsecutiveBreaker(failuresToOpen),
  });

  async function attempt(parts: readonly Part[]): Promise<void> {
    try {
      await breaker.execute(() => write(parts));
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) throw error;
      throw retryable(
        "SINK_UNAVAILABLE",
        `${sink} is left alone for ${openFor / 1000} s because its last ${failuresToOpen} writes failed: the write is tried again later. See whether ${sink} runs: \`sluice doctor\`.`,
        { cause: error },
      );
    }
  }

  async function commit(parts: readonly Part[]): Promise<readonly Outcome[]> {
    try {
      await attempt(parts);
      return parts.map(() => undefined);
    } catch (error) {
      if (parts.length === 1 || isTheWorld(error)) throw error;
    }
    const outcomes: Outcome[] = [];
    for (const part of parts)
      outcomes.push(
        await attempt([part]).then(
          () => undefined,
          (failed: unknown) => ({ failed }),
        ),
      );
    return outcomes;
  }

  const group = createGroupCommit<Part, Outcome>({ commit, weigh, maxWeight: 1, inFlight });
  return {
    async add(part) {
      const outcome = await group.add(part);
      if (outcome) throw outcome.failed;
    },
    idle: () => group.idle(),
  };
}

type Outcome = { readonly failed: unknown } | undefined;

function isTheWorld(error: unknown): boolean {
  return !(isSluiceError(error) && error.kind === "terminal");
}
