import type { Client } from "@temporalio/client";
import type { rebuild, RebuildInput, RebuildResult } from "../../workflows/contract.ts";
import { findWorkflow, type WorkflowRun } from "./workflow-runs.ts";

export type RebuildRun = WorkflowRun<RebuildResult>;
export type RebuildRuns = ReturnType<typeof createRebuildRuns>;

const workflowType: typeof rebuild = "rebuild";

/** Starts and finds runs of `rebuild` on Temporal. */
export function createRebuildRuns({ client, taskQueue }: { readonly client: Client; readonly taskQueue: string }) {
  return {
    /** Answers the workflow's id: `rebuild/2026-11-21T13-20-00.123Z`. */
    async start(input: RebuildInput, now = new Date()): Promise<string> {
      const workflowId = `${workflowType}/${now.toISOString().replaceAll(":", "-")}`;
      await client.workflow.start<(input: RebuildInput) => Promise<RebuildResult>>(workflowType, {
        taskQueue,
        workflowId,
        args: [input],
        staticSummary: `make a lost catalog anew${input.dryRun ? ": only look what there is" : ""}`,
      });
      return workflowId;
    },
    find: (id: string): Promise<RebuildRun | undefined> => findWorkflow<RebuildResult>(client, workflowType, id),
  };
}
