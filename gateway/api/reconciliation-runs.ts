import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from "@temporalio/client";
import { progressMemo } from "../../sdk/contracts/progress.ts";
import {
  type ListingCounts,
  listingMemo,
  noCounts,
  type ReconciliationScope,
  type WaitingListCounts,
} from "../../sdk/contracts/reconciliation.ts";
import { fitSummary } from "../../sdk/contracts/summaries.ts";
import type { BulkProgress, Reconciled, reconcile, ReconcileInput } from "../../workflows/contract.ts";
import type { ReconciliationRun } from "./types.ts";
import { problemOf } from "./workflow-runs.ts";

/** A run as Temporal has it: its memo says how far it is, whether a worker is there or not. */
export type FoundReconciliation = Omit<ReconciliationRun, "link">;

export type ReconciliationRuns = ReturnType<typeof createReconciliationRuns>;

const workflowType: typeof reconcile = "reconcile";
const waitingListType = "waitingList";

/** Starts and finds runs of `reconcile` on Temporal. */
export function createReconciliationRuns({ client, taskQueue }: { readonly client: Client; readonly taskQueue: string }) {
  const list = (type: string, pageSize: number) =>
    client.workflow.list({
      query: `WorkflowType = "${type}" AND TaskQueue = "${taskQueue}" AND ExecutionStatus != "ContinuedAsNew"`,
      pageSize,
    });

  async function withProblem(run: FoundReconciliation): Promise<FoundReconciliation> {
    return run.state === "failed" ? { ...run, problem: await problemOf(client.workflow.getHandle(run.workflow_id)) } : run;
  }

  return {
    async start(id: string, scope: ReconciliationScope): Promise<void> {
      const where = scope.container === undefined ? "all containers" : `${scope.container}/${scope.prefix ?? ""}`;
      await client.workflow.start<(input: ReconcileInput) => Promise<Reconciled>>(workflowType, {
        taskQueue,
        workflowId: workflowIdOf(id),
        args: [{ scope }],
        staticSummary: fitSummary(`compare ${where} with the catalog, now`),
      });
    },

    async find(id: string): Promise<FoundReconciliation | undefined> {
      try {
        const handle = client.workflow.getHandle(workflowIdOf(id));
        const found = await handle.describe();
        if (found.type !== workflowType) return undefined;
        return await withProblem(runOf(found));
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }
    },

    /** The last ones, the newest first. */
    async list(limit: number): Promise<readonly FoundReconciliation[]> {
      const runs: FoundReconciliation[] = [];
      for await (const found of list(workflowType, limit)) {
        runs.push(runOf(found));
        if (runs.length === limit) break;
      }
      return await Promise.all(runs.map(withProblem));
    },

    /** What the last look at the predecessor's waiting list found. */
    async waitingList(): Promise<WaitingListCounts | undefined> {
      for await (const { memo } of list(waitingListType, 1)) return memo?.[listingMemo] as WaitingListCounts | undefined;
      return undefined;
    },
  };
}

/** With or without its kind before it: people copy it from Temporal's UI as well. */
function workflowIdOf(id: string): string {
  return id.startsWith(`${workflowType}/`) ? id : `${workflowType}/${id}`;
}

function runOf({ workflowId, status, startTime, closeTime, memo }: Omit<WorkflowExecutionInfo, "raw">): FoundReconciliation {
  const progress = memo?.[progressMemo] as BulkProgress | undefined;
  const counts = (memo?.[listingMemo] as ListingCounts | undefined) ?? noCounts();
  const { started = 0, processed = 0, quarantined = 0, failed = 0, other = 0 } = progress ?? {};
  const states = { RUNNING: "running", COMPLETED: "completed", CANCELLED: "cancelled", TERMINATED: "cancelled" } as const;
  return {
    id: workflowId.slice(workflowType.length + 1),
    workflow_id: workflowId,
    state: states[status.name as keyof typeof states] ?? "failed",
    since: progress?.since ?? startTime.toISOString(),
    ...(closeTime && { ended: closeTime.toISOString() }),
    ...counts,
    started,
    processed,
    quarantined,
    failed,
    other,
  };
}
