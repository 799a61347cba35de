import { type Client, isGrpcServiceError, WorkflowNotFoundError } from "@temporalio/client";
import protocol from "@temporalio/proto";
import type { ClosedRun, History } from "./histories.ts";

export type RunQuery = {
  readonly taskQueue: string;
  /** Closed from then on, and before. */
  readonly from: Date;
  readonly to: Date;
  /** The `next` of the page before. */
  readonly after?: string;
  readonly limit: number;
};

export type RunPage = { readonly runs: readonly ClosedRun[]; readonly next?: string };

export type Executions = ReturnType<typeof createExecutions>;

/** gRPC's NOT_FOUND: histories are fetched without the client's own names for errors. */
const isNotFound = (code: number) => code === 5;

const statuses = protocol.temporal.api.enums.v1.WorkflowExecutionStatus;

/** What Temporal still knows of runs: those of one task queue, so that nobody else's are looked at. */
export function createExecutions(client: Client) {
  return {
    /** A page of runs of all endings, children and parts of chains among them. */
    async closed({ taskQueue, from, to, after, limit }: RunQuery): Promise<RunPage> {
      const { executions, nextPageToken } = await client.workflowService.listWorkflowExecutions({
        namespace: client.options.namespace,
        query: `TaskQueue = '${taskQueue}' AND CloseTime >= '${from.toISOString()}' AND CloseTime < '${to.toISOString()}'`,
        pageSize: limit,
        ...(after !== undefined && { nextPageToken: Buffer.from(after, "base64") }),
      });
      const next = Buffer.from(nextPageToken ?? []).toString("base64");
      return { runs: (executions ?? []).map(runOf), ...(next && { next }) };
    },

    /** Whether Temporal still has a run; undefined where it does not answer soon. */
    async has(workflowId: string, runId: string): Promise<boolean | undefined> {
      try {
        await client.withDeadline(Date.now() + 2_000, () => client.workflow.getHandle(workflowId, runId).describe());
        return true;
      } catch (error) {
        return error instanceof WorkflowNotFoundError ? false : undefined;
      }
    },

    /** How a run stands or ended: `RUNNING`, `COMPLETED`, `TERMINATED`, …; undefined where Temporal does not know it (any more). */
    async statusOf(workflowId: string, runId: string): Promise<string | undefined> {
      try {
        return (await client.workflow.getHandle(workflowId, runId).describe()).status.name;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }
    },

    /** All that Temporal has of one type, also those that go on. */
    async *all({ taskQueue, type }: { readonly taskQueue: string; readonly type: string }): AsyncGenerator<ClosedRun> {
      for await (const run of client.workflow.list({ query: `TaskQueue = '${taskQueue}' AND WorkflowType = '${type}'` })) {
        const { workflowId, runId, status, closeTime } = run;
        yield { workflowId, runId, type: run.type, status: status.name, closed: closeTime ?? new Date() };
      }
    },

    /** Takes a run that has closed out of Temporal, with its history; one that is not there is fine. */
    async remove(workflowId: string, runId: string): Promise<void> {
      try {
        await client.workflowService.deleteWorkflowExecution({
          namespace: client.options.namespace,
          workflowExecution: { workflowId, runId },
        });
      } catch (error) {
        if (!isGrpcServiceError(error) || !isNotFound(error.code)) throw error;
      }
    },

    /** Undefined where Temporal does not know the run (any more). Without a run id, of the workflow's last run. */
    async history(workflowId: string, runId?: string): Promise<History | undefined> {
      try {
        return await client.workflow.getHandle(workflowId, runId).fetchHistory();
      } catch (error) {
        if (isGrpcServiceError(error) && isNotFound(error.code)) return undefined;
        throw error;
      }
    },
  };
}

function runOf({ execution, type, status, closeTime }: protocol.temporal.api.workflow.v1.IWorkflowExecutionInfo): ClosedRun {
  return {
    workflowId: execution?.workflowId ?? "",
    runId: execution?.runId ?? "",
    type: type?.name ?? "",
    status: (statuses[status ?? 0] ?? "").replace("WORKFLOW_EXECUTION_STATUS_", ""),
    closed: new Date(Number(closeTime?.seconds ?? 0) * 1_000 + Math.floor((closeTime?.nanos ?? 0) / 1e6)),
  };
}
