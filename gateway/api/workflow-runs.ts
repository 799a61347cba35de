import { randomBytes } from "node:crypto";
import { type Client, WorkflowFailedError, type WorkflowHandle, WorkflowNotFoundError } from "@temporalio/client";

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

/** A name for what somebody has done now: `2026-11-21T13-20-00Z-3f2a`. It is chosen, and written to the audit, before anything is started. */
export function newMark(now = new Date()): string {
  return `${now.toISOString().slice(0, 19).replaceAll(":", "-")}Z-${randomBytes(2).toString("hex")}`;
}

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
    return { ...run, state: name === "FAILED" ? "failed" : "cancelled", problem: await problemOf(handle) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Why a run failed, in words. */
export async function problemOf(handle: Pick<WorkflowHandle, "result">): Promise<string> {
  const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
  const cause = error instanceof WorkflowFailedError ? (error.cause?.cause ?? error.cause) : error;
  return cause instanceof Error ? cause.message : "It was ended from outside.";
}
