import type { Client } from "@temporalio/client";
import type { rebuild, RebuildInput, RebuildResult } from "../../workflows/contract.ts";
import { findWorkflow, type WorkflowRun } from "./workflow-runs.ts";

export type RebuildRun = WorkflowRun<RebuildResult>;
export type RebuildRuns = ReturnType<typeof createRebuildRuns>;

const workflowType: typeof rebuild = "rebuild";

/** Starts and finds runs of `rebuild` on Temporal. */
export function createRebuildRuns({ client, taskQueue }: { readonly client: Client; readonly taskQueue: string }) {
  return {
    /** Under the workflow's id: `rebuild/2026-11-21T13-20-00Z-3f2a`. */
    async start(workflowId: string, input: RebuildInput): Promise<void> {
      await client.workflow.start<(input: RebuildInput) => Promise<RebuildResult>>(workflowType, {
        taskQueue,
        workflowId,
        args: [input],
        staticSummary: `make a lost catalog anew${input.dryRun ? ": only look what there is" : ""}`,
      });
    },
    find: (id: string): Promise<RebuildRun | undefined> => findWorkflow<RebuildResult>(client, workflowType, id),
  };
}
