import { Context } from "@temporalio/activity";
import { type Failure, fingerprintOf, toFailure, waitingCodes } from "../../sdk/contracts/errors.ts";
import { thrownAt } from "../../sdk/execution/thrown-at.ts";
import { nodeOf } from "../../sdk/plan/graph.ts";
import type { Undoing } from "../contract.ts";
import { openLakeObject } from "../objects/lake-object.ts";
import { countAsWaiting, countedAttempt } from "./attempts.ts";
import { withHeartbeats } from "./heartbeats.ts";
import { applicationFailure, cutOffFailure, type StageActivityDependencies, taskContext } from "./run-stage-activity.ts";
import { fetchValue } from "./store-value.ts";

/** So often an undo is tried: its object stays open meanwhile. Waiting for a sink that is away is no attempt, as everywhere. */
const undoAttempts = 10;

/** Reverses one task for one object; see `Activities.undoTask`. */
export async function undoTask(needs: StageActivityDependencies, { node: id, object: info, value, ...reference }: Undoing): Promise<void> {
  const published = await needs.library.plan(reference);
  const node = nodeOf(published.plan, id);
  if (node?.kind !== "task") return;
  const attempt = countedAttempt();
  if (attempt > undoAttempts) throw applicationFailure(notUndone(id, attempt - 1, cutOffFailure(id, attempt - 1)), {});
  const { undo, place } = await needs.library.task(published, node.task);
  const object = openLakeObject(info, needs.store(info.store), needs.cache, Context.current().cancellationSignal);
  try {
    await withHeartbeats(async () => {
      const output =
        "inline" in value ? value.inline : "at" in value && value.at ? await fetchValue({ stored: value, path: [] }, needs.work) : null;
      await undo?.(output as never, taskContext(needs.log, { dag: reference.dag, node: id }, object));
    });
  } catch (error) {
    const failure = toFailure(error, id, thrownAt(error, place));
    if (waitingCodes.has(failure.code)) countAsWaiting();
    throw applicationFailure(failureOfUndo(failure, id, attempt), {});
  }
}

/** What is thrown of a failed attempt: as it is where it is tried again, else that there will be no other. */
export function failureOfUndo(failure: Failure, id: string, attempt: number): Failure {
  const again = waitingCodes.has(failure.code) || (failure.kind === "retryable" && attempt < undoAttempts);
  return again ? failure : notUndone(id, attempt, failure);
}

/** The last word of an undo, as the trace says it. */
function notUndone(task: string, attempts: number, { message: why, place }: Failure): Failure {
  const code = "NOT_UNDONE";
  const message = `${task} was not undone in ${attempts} attempt(s), the last of which failed: ${why.replace(/\.?$/, ".")} What it wrote is there until the object is processed again or forgotten.`;
  return { code, kind: "terminal", message, task, fingerprint: fingerprintOf(code, task, why), ...(place && { place }) };
}
