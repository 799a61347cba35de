import type { Executions } from "../../infra/executions.ts";
import type { History, HistoryArchive } from "../../infra/histories.ts";
import { retryable } from "../../sdk/contracts/errors.ts";
import { arrivalsOf } from "../histories/read-history.ts";

type Run = { readonly workflowId: string; readonly runId: string };
type ObjectName = { readonly container: string; readonly key: string };

export type HistoryDependencies = {
  readonly executions: Pick<Executions, "history" | "remove">;
  readonly archive: Pick<HistoryArchive, "find" | "read" | "remove">;
};

/**
 * Removes the histories of an object's runs, with those of their children, from Temporal and from the archive: they hold
 * what its tasks returned. Those of groups are about other objects as well, and stay. Says how many were removed.
 */
export async function removeHistories(needs: HistoryDependencies, object: ObjectName, runs: readonly Run[]): Promise<number> {
  let removed = 0;
  for (const run of runs) {
    const history = await historyOf(needs, run);
    if (history && isOfAlone(history, object)) removed += await removeWithChildren(needs, run, history);
  }
  return removed;
}

async function removeWithChildren(needs: HistoryDependencies, run: Run, history: History): Promise<number> {
  if (!isClosed(history))
    throw retryable("RUN_OPEN", `The run ${run.runId} of ${run.workflowId} is about to close: its history is removed when it has.`);
  let removed = 1;
  for (const follower of followersOf(run, history)) {
    const its = await historyOf(needs, follower);
    if (its) removed += await removeWithChildren(needs, follower, its);
  }
  await needs.executions.remove(run.workflowId, run.runId);
  await needs.archive.remove(run.runId);
  return removed;
}

async function historyOf({ executions, archive }: HistoryDependencies, { workflowId, runId }: Run): Promise<History | undefined> {
  const [archived] = await archive.find([runId]);
  return (await executions.history(workflowId, runId)) ?? (archived && (await archive.read(archived.key)));
}

function isOfAlone({ events }: History, { container, key }: ObjectName): boolean {
  const arrivals = arrivalsOf(events?.[0]);
  return arrivals.length > 0 && arrivals.every((arrival) => arrival.container === container && arrival.key === key);
}

/** Its children, and the run that it continues as. */
function followersOf({ workflowId }: Run, { events }: History): readonly Run[] {
  return (events ?? []).flatMap((event): Run[] => {
    const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
    if (child?.workflowId && child.runId) return [{ workflowId: child.workflowId, runId: child.runId }];
    const next = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    return next ? [{ workflowId, runId: next }] : [];
  });
}

function isClosed({ events }: History): boolean {
  const last = events?.at(-1);
  return [
    last?.workflowExecutionCompletedEventAttributes,
    last?.workflowExecutionFailedEventAttributes,
    last?.workflowExecutionTimedOutEventAttributes,
    last?.workflowExecutionCanceledEventAttributes,
    last?.workflowExecutionTerminatedEventAttributes,
    last?.workflowExecutionContinuedAsNewEventAttributes,
  ].some(Boolean);
}
