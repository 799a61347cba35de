import { Context } from "@temporalio/activity";
import type { AttemptDocument } from "../../sdk/contracts/catalog.ts";
import { fingerprintOf } from "../../sdk/contracts/errors.ts";
import type { StageWork } from "../contract.ts";
import { countedAttempt, followsSilence } from "./attempts.ts";

/** What is to be said of the attempt before this one, where it was cut off and could not say it; undefined where it could. */
export function silentAttempt(
  task: string,
  { tried, untold = false }: Pick<StageWork, "tried" | "untold">,
): Pick<AttemptDocument, "task" | "attempt" | "at" | "failure"> | undefined {
  const { attempt, currentAttemptScheduledTimestampMs: at } = Context.current().info;
  const wasLocal = untold && attempt === 1;
  if (!wasLocal && !followsSilence()) return undefined;
  const code = "TASK_TIMED_OUT";
  const message = wasLocal
    ? `${task} took longer than a first attempt inside the workflow task may, or its worker could not do it there. It goes on as an activity of its own, which has all of its \`timeout\`.`
    : `${task} did not end in this attempt: it took longer than it may, or its worker was stopped or died. ` +
      "Where that comes back, give it a longer `timeout`, or look at the worker's log.";
  return {
    task,
    attempt: countedAttempt() - 1 + tried,
    at: new Date(at),
    failure: { code, kind: "retryable", message, task, fingerprint: fingerprintOf(code, task, message) },
  };
}
