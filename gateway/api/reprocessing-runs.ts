import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from "@temporalio/client";
import { type AskedFor, auditMemo } from "../../infra/audit.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import { progressMemo } from "../../sdk/contracts/progress.ts";
import type { Reprocessing } from "../../sdk/contracts/selection.ts";
import { fitSummary } from "../../sdk/contracts/summaries.ts";
import type { BulkLimits, BulkProgress, reprocess, ReprocessInput } from "../../workflows/contract.ts";
import type { ReprocessingRun } from "./types.ts";
import { problemOf } from "./workflow-runs.ts";

/** A run as Temporal has it: its memo says how far it is, whether a worker is there or not. */
export type FoundReprocessing = Omit<ReprocessingRun, "link" | "unknown">;

export type ReprocessingRuns = ReturnType<typeof createReprocessingRuns>;

const workflowType: typeof reprocess = "reprocess";

export type ReprocessingRunsOptions = { readonly client: Client; readonly taskQueue: string; readonly limits: Partial<BulkLimits> };

/** Starts, finds and steers runs of `reprocess` on Temporal. */
export function createReprocessingRuns({ client, taskQueue, limits }: ReprocessingRunsOptions) {
  const handleOf = (id: string) => client.workflow.getHandle(workflowIdOf(id));

  async function find(id: string): Promise<FoundReprocessing | undefined> {
    try {
      const found = await handleOf(id).describe();
      if (found.type !== workflowType) return undefined;
      const run = runOf(found);
      return run.state === "failed" ? { ...run, problem: await problemOf(handleOf(id)) } : run;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  async function steer(id: string, act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      throw terminal(
        "REPROCESSING_ENDED",
        `The reprocessing ${id} has ended, or never was. \`sluice reprocess list\` lists the last ones.`,
      );
    }
  }

  return {
    async start(id: string, reprocessing: Reprocessing, asked: AskedFor): Promise<void> {
      await client.workflow.start<(input: ReprocessInput) => Promise<BulkProgress>>(workflowType, {
        taskQueue,
        workflowId: workflowIdOf(id),
        args: [{ reprocessing, limits }],
        memo: { [auditMemo]: asked },
        staticSummary: fitSummary(summaryOf(reprocessing)),
        staticDetails: `\`\`\`json\n${JSON.stringify(reprocessing, undefined, 2).slice(0, 4_000)}\n\`\`\``,
      });
    },
    find,
    /** The last ones, the newest first. */
    async list(limit: number): Promise<readonly FoundReprocessing[]> {
      const runs: FoundReprocessing[] = [];
      const query = `WorkflowType = "${workflowType}" AND TaskQueue = "${taskQueue}" AND ExecutionStatus != "ContinuedAsNew"`;
      for await (const found of client.workflow.list({ query, pageSize: limit })) {
        runs.push(runOf(found));
        if (runs.length === limit) break;
      }
      return runs;
    },
    pause: (id: string) => steer(id, () => handleOf(id).signal("pause")),
    resume: (id: string) => steer(id, () => handleOf(id).signal("resume")),
    cancel: (id: string) => steer(id, () => handleOf(id).cancel()),
    throttle: (id: string, rate: number | null) => steer(id, () => handleOf(id).signal("throttle", rate)),
  };
}

/** With or without its kind before it: people copy it from Temporal's UI as well. */
function workflowIdOf(id: string): string {
  return id.startsWith(`${workflowType}/`) ? id : `${workflowType}/${id}`;
}

function runOf({ workflowId, status, startTime, closeTime, memo }: Omit<WorkflowExecutionInfo, "raw">): FoundReprocessing {
  const progress = memo?.[progressMemo] as BulkProgress | undefined;
  const states = { RUNNING: "running", COMPLETED: "completed", CANCELLED: "cancelled", TERMINATED: "cancelled" } as const;
  const state = states[status.name as keyof typeof states] ?? "failed";
  const nothing = { started: 0, processed: 0, quarantined: 0, failed: 0, other: 0, failures: [] };
  const { paused, ...known } = progress ?? { since: startTime.toISOString(), paused: false, ...nothing };
  return {
    id: workflowId.slice(workflowType.length + 1),
    workflow_id: workflowId,
    state: state === "running" && paused ? "paused" : state,
    ...known,
    ...(closeTime && { ended: closeTime.toISOString() }),
  };
}

/** `quarantined objects of campus, by the plan of then`. */
function summaryOf({ selection, plan, from }: Reprocessing): string {
  const { objects, containers, states, key } = selection;
  const what = objects
    ? objects.length === 1
      ? (objects[0] ?? "")
      : `${objects.length} objects by name`
    : [states?.join(" or "), "objects", containers && `of ${containers.join(", ")}`, key && `like ${key}`].filter(Boolean).join(" ");
  const more = Object.keys(selection).filter((name) => !["objects", "containers", "states", "key"].includes(name));
  return [
    `process again: ${what}`,
    ...(more.length > 0 ? [`chosen by ${more.join(", ")}`] : []),
    ...(from ? [`from ${from}`] : []),
    ...(plan === "then" ? ["by the plans of then"] : []),
  ].join(", ");
}
