import { asyncLocalStorage, Context } from "@temporalio/activity";
import { expect, it } from "vitest";
import { countAsWaiting, leaveWord } from "./attempts.ts";
import { silentAttempt } from "./silent-attempt.ts";

const scheduled = Date.parse("2026-11-21T13:20:00Z");

type Act = (abort: () => void) => void;

/** Attempts of one activity, one after the other: what each of them finds of the one before, and what it then does. */
function attempts(acts: readonly Act[], untold = false) {
  let heartbeatDetails: unknown;
  return acts.map((act, index) => {
    const cancelling = new AbortController();
    const info = { attempt: index + 1, isLocal: false, currentAttemptScheduledTimestampMs: scheduled, heartbeatDetails };
    const never = new Promise<never>(() => {});
    const beat = (details: unknown) => void (heartbeatDetails = details);
    const [log, metrics, cancellation] = [{}, {}, {}];
    const given = [info, never, cancelling.signal, beat, undefined, log, metrics, cancellation];
    return asyncLocalStorage.run(Reflect.construct(Context, given) as Context, () => {
      const silent = silentAttempt("write", { tried: 1, untold });
      act(() => cancelling.abort());
      return silent;
    });
  });
}

const killed = () => {};
const failed = () => leaveWord();

it("tells of an attempt that was killed, with its number among all that were made", () => {
  const [first, second, third, fourth] = attempts([killed, failed, killed, killed]);
  expect([first, third]).toEqual([undefined, undefined]);
  expect(second).toMatchObject({ task: "write", attempt: 2, at: new Date(scheduled), failure: { code: "TASK_TIMED_OUT", task: "write" } });
  expect(fourth).toMatchObject({ attempt: 4 });
});

it("tells of a try inside the workflow task that took too long", () => {
  const [first, second] = attempts([failed, failed], true);
  expect(first).toMatchObject({ attempt: 1, failure: { message: expect.stringContaining("inside the workflow task") as string } });
  expect(second).toBeUndefined();
});

it("takes what a worker that is stopped interrupts for cut off: its error is about nothing but that", () => {
  const stopped = (abort: () => void) => {
    abort();
    leaveWord();
  };
  expect(attempts([stopped, killed])[1]).toMatchObject({ attempt: 2 });
});

it("does not count attempts that only waited for a sink", () => {
  const waited = () => {
    countAsWaiting();
    leaveWord();
  };
  expect(attempts([waited, waited, killed, killed]).map((silent) => silent?.attempt)).toEqual([undefined, undefined, undefined, 2]);
});
