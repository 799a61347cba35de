import { Worker } from "@temporalio/worker";
import type { History } from "../../infra/histories.ts";
import type { ReplayDifference } from "../../sdk/contracts/replay.ts";
import { explain } from "./explain.ts";

type WorkflowBundle = NonNullable<Parameters<typeof Worker.runReplayHistory>[0]["workflowBundle"]>;

/** Leads workflow code through a history; undefined where it does what is on record. */
export async function replayHistory(bundle: WorkflowBundle, history: History, workflowId: string): Promise<ReplayDifference | undefined> {
  const error = await replay(bundle, history, workflowId);
  if (!error) return undefined;
  const { candidates, ...difference } = explain(error, history);
  if (candidates.length <= 1) return difference;
  // Something of this name is on record several times: the first whose part of the history differs is the one.
  for (const event of candidates) {
    if (await replay(bundle, until(history, event), workflowId)) return { ...difference, event };
  }
  return difference;
}

async function replay(workflowBundle: WorkflowBundle, history: History, workflowId: string): Promise<Error | undefined> {
  try {
    await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What was on record when the event's workflow task had ended. */
function until({ events }: History, event: number): History {
  const end = (events ?? []).findIndex(({ eventId, workflowTaskScheduledEventAttributes: next }) => Number(eventId) > event && next);
  return { events: end < 0 ? events : events?.slice(0, end) };
}
