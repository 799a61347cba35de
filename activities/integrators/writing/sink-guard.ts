import { BrokenCircuitError, circuitBreaker, CircuitState, handleWhen } from "cockatiel";
import pLimit from "p-limit";
import type { SinkState } from "../../../sdk/contracts/catalog.ts";
import { isSluiceError, retryable, type SluiceError } from "../../../sdk/contracts/errors.ts";
import { createPace, type Pace } from "./pace.ts";

/** One for each sink and process: everything that is asked of the sink goes through it. */
export type SinkGuard = Pick<Pace, "enter" | "pace"> & {
  /** Asks the sink for something. @throws `SINK_AWAY` (retryable) at once while the sink is known to be away */
  run<Answer>(ask: () => Promise<Answer>): Promise<Answer>;
  state(): SinkState;
};

export type SinkGuardOptions = {
  /** As in receipts: `influxdb`. */
  readonly sink: string;
  /** As in messages: `InfluxDB`. */
  readonly title: string;
  /** The smallest question that only a living sink answers. */
  readonly ping?: () => Promise<unknown>;
  /** Rows a second. */
  readonly limit?: number | undefined;
  /** Milliseconds until a sink that is away is asked again. */
  readonly pause?: number;
  /** Milliseconds after which a request without an answer makes the guard look whether the sink is there. */
  readonly silence?: number;
};

/** Failures in a row, of a sink that answers to a ping, after which it is left alone all the same. */
const failuresToOpen = 5;
/** With the silence before it, less than a task has inside its workflow task: it hears of the sink before it is cut off. */
const pingTimeout = 3_000;
/** Requests at a time, where the sink has been well for a while. */
const mostAtOnce = 64;

/**
 * Leaves a sink alone while it is away, instead of letting every task find out by itself. What fails, or takes long,
 * makes it look: a sink that does not answer to a ping is away. After a pause one request, and no other, looks again.
 * When the sink is back, requests come one at a time, then two, four, …: as many more as have been answered.
 */
export function createSinkGuard(options: SinkGuardOptions): SinkGuard {
  const { sink, title, ping = async () => undefined, limit, pause = 5_000, silence = 1_500 } = options;
  const lane = pLimit(mostAtOnce);
  let failures = 0;
  let isAway = false;
  let since = new Date();
  let reason = "";
  let probing: Promise<void> | undefined;

  const breaker = circuitBreaker(handleWhen(isTheSinks), {
    halfOpenAfter: pause,
    breaker: {
      state: undefined,
      success: () => void (failures = 0),
      failure: () => isAway || (failures += 1) >= failuresToOpen,
    },
  });
  breaker.onBreak((cause) => {
    if (reason === "") since = new Date();
    reason = "error" in cause ? cause.error.message : `its last ${failuresToOpen} requests failed`;
    lane.concurrency = 1;
  });
  breaker.onReset(() => {
    since = new Date();
    reason = "";
  });

  /** One for all who look at the same time. */
  function probe(): Promise<void> {
    return (probing ??= withinPatience(ping(), title).finally(() => (probing = undefined)));
  }

  /** @throws `SINK_AWAY` where nobody answers */
  async function look(cause?: unknown): Promise<void> {
    try {
      await probe();
      isAway = false;
    } catch (error) {
      isAway = true;
      const found = cause ?? error;
      throw away(`${title} is away: ${found instanceof Error ? found.message : String(found)}`, title, found);
    }
  }

  async function attempt<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    if (breaker.state !== CircuitState.Closed) await look();
    const looked = Promise.withResolvers<never>();
    const timer = setInterval(() => void look().catch(looked.reject), silence);
    // A request without an answer is left to itself: what it may yet do can be done twice.
    const asked = ask().catch(async (error: unknown) => {
      if (isTheSinks(error)) await look(error);
      throw error;
    });
    try {
      return await Promise.race([asked, looked.promise]);
    } finally {
      clearInterval(timer);
    }
  }

  function leftAlone(cause?: unknown): SluiceError {
    return away(`${title} is left alone, since ${since.toISOString()}: ${reason}`, title, cause);
  }

  return {
    ...createPace(title, limit),
    async run(ask) {
      // The breaker would let others wait for the one that looks: they would hold their places in the worker meanwhile.
      if (breaker.state === CircuitState.HalfOpen) throw leftAlone();
      return await lane(async () => {
        try {
          const answer = await breaker.execute(() => attempt(ask));
          if (lane.concurrency < mostAtOnce) lane.concurrency += 1;
          return answer;
        } catch (error) {
          throw error instanceof BrokenCircuitError ? leftAlone(error) : error;
        }
      });
    },
    state: () => ({
      sink,
      state: breaker.state === CircuitState.Closed ? "closed" : breaker.state === CircuitState.HalfOpen ? "half-open" : "open",
      since,
      ...(reason && { reason }),
      ...(limit !== undefined && { limit }),
    }),
  };
}

function away(what: string, title: string, cause: unknown): SluiceError {
  const advice = `Its tasks wait and go on by themselves; no attempt is counted. See whether ${title} runs: \`sluice doctor\`.`;
  return retryable("SINK_AWAY", `${what.replace(/\.?$/, ".")} ${advice}`, { cause });
}

function isTheSinks(error: unknown): boolean {
  return isSluiceError(error) && error.kind === "retryable";
}

async function withinPatience(answer: Promise<unknown>, title: string): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${title} does not answer within ${pingTimeout / 1_000} s`)), pingTimeout);
  await Promise.race([answer, late.promise]).finally(() => clearTimeout(timer));
}
