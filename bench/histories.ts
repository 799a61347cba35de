import { setTimeout as sleep } from "node:timers/promises";
import type { Temporal } from "../infra/temporal.ts";
import { sum } from "./statistics.ts";

export type HistoryEvents = { readonly runs: number; readonly events: number; readonly longest: number };

/** Events of a workflow, of all runs that it continued as, and of all that these started, once all have closed. */
export async function historyEvents({ client }: Pick<Temporal, "client">, workflowId: string, patience = 60_000): Promise<HistoryEvents> {
  const query = `RootWorkflowId = '${workflowId}' OR WorkflowId = '${workflowId}'`;
  // Visibility comes after the fact.
  for (const deadline = performance.now() + patience; ;) {
    const runs = await Array.fromAsync(client.workflow.list({ query }));
    const open = runs.filter(({ status }) => status.name === "RUNNING").length;
    const lengths = runs.map(({ historyLength }) => historyLength);
    if (runs.length > 0 && open === 0) return { runs: runs.length, events: sum(lengths), longest: Math.max(...lengths) };
    if (performance.now() > deadline)
      throw new Error(`Temporal lists ${runs.length} runs of ${workflowId}, ${open} of them open; expected all of them closed.`);
    await sleep(200);
  }
}
