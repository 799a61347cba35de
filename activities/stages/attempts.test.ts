import { asyncLocalStorage, Context } from "@temporalio/activity";
import { expect, it } from "vitest";
import { beatTouched, leaveWord, touchedBefore } from "./attempts.ts";

/** Attempts of one activity, one after the other: whether each of them finds that one before may have written. */
function attempts(...acts: readonly (() => void)[]): readonly boolean[] {
  let heartbeatDetails: unknown;
  return acts.map((act, index) => {
    const info = { attempt: index + 1, isLocal: false, heartbeatDetails };
    const beat = (details: unknown) => void (heartbeatDetails = details);
    const given = [info, new Promise<never>(() => {}), new AbortController().signal, beat, undefined, {}, {}, {}];
    return asyncLocalStorage.run(Reflect.construct(Context, given) as Context, () => {
      const touched = touchedBefore();
      act();
      return touched;
    });
  });
}

const killed = () => {};
const failedBefore = () => leaveWord();
const failedWithin = () => {
  beatTouched();
  leaveWord();
};

it("finds what an attempt may have written, however many came after it to which nothing came", () => {
  expect(attempts(failedBefore, failedWithin, failedBefore, failedBefore)).toEqual([false, false, true, true]);
});

it("takes an attempt that was cut off for one that may have written", () => {
  expect(attempts(killed, failedBefore)).toEqual([false, true]);
});
