import { type Client, WorkflowFailedError, WorkflowNotFoundError } from "@temporalio/client";

/** A run that does one thing and answers. */
export type WorkflowRun<Result> = {
  readonly id: string;
  readonly state: "running" | "completed" | "failed" | "cancelled";
  readonly started: Date;
  readonly ended?: Date;
  /** Once it is completed. */
  readonly result?: Result;
  readonly problem?: string;
};

/** A run as Temporal has it; undefined where it knows none of this type and id (any more). */
export async function findWorkflow<Result>(client: Client, type: string, id: string): Promise<WorkflowRun<Result> | undefined> {
  const handle = client.workflow.getHandle<() => Promise<Result>>(id);
  try {
    const found = await handle.describe();
    if (found.type !== type) return undefined;
    const run = { id, started: found.startTime, ...(found.closeTime && { ended: found.closeTime }) };
    const { name } = found.status;
    if (name === "RUNNING" || name === "CONTINUED_AS_NEW") return { ...run, state: "running" };
    if (name === "COMPLETED") return { ...run, state: "completed", result: await handle.result() };
    const problem = await handle.result().then(() => "", problemOf);
    return { ...run, state: name === "FAILED" ? "failed" : "cancelled", problem };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

function problemOf(error: unknown): string {
  const cause = error instanceof WorkflowFailedError ? (error.cause?.cause ?? error.cause) : error;
  return cause instanceof Error ? cause.message : "It was ended from outside.";
}
