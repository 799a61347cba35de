import type { Client } from "@temporalio/client";
import { fitWorkflowId } from "../../sdk/contracts/ids.ts";
import { fitSummary } from "../../sdk/contracts/summaries.ts";
import type { forget, ForgetInput, ForgetResult } from "../../workflows/contract.ts";
import type { ObjectName } from "./types.ts";
import { findWorkflow, type WorkflowRun } from "./workflow-runs.ts";

export type ForgettingRun = WorkflowRun<ForgetResult>;
export type ForgettingRuns = ReturnType<typeof createForgettingRuns>;

const workflowType: typeof forget = "forget";

/** Starts and finds runs of `forget` on Temporal. */
export function createForgettingRuns({ client, taskQueue }: { readonly client: Client; readonly taskQueue: string }) {
  return {
    /** Answers the workflow's id: `forget/campus/roof.csv@2026-11-21T13-20-00.123Z`. */
    async start({ container, key }: ObjectName, options: Pick<ForgetInput, "raw" | "by">, now = new Date()): Promise<string> {
      const workflowId = fitWorkflowId(`${workflowType}/${container}/${key}@${now.toISOString().replaceAll(":", "-")}`);
      await client.workflow.start<(input: ForgetInput) => Promise<ForgetResult>>(workflowType, {
        taskQueue,
        workflowId,
        args: [{ objects: [{ container, key }], ...options }],
        staticSummary: fitSummary(`forget ${container}/${key}${options.raw ? ", with the object in the store" : ""}`),
        searchAttributes: { SluiceContainer: [container], SluiceObject: [fitWorkflowId(`${container}/${key}`)] },
      });
      return workflowId;
    },
    find: (id: string): Promise<ForgettingRun | undefined> => findWorkflow<ForgetResult>(client, workflowType, id),
  };
}
