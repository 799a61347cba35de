import { proxyActivities, setCurrentDetails } from "@temporalio/workflow";
import type { Activities, Pruned } from "../activities/contract.ts";

/** `keep`: how long after its run what its tasks returned is kept, in milliseconds. */
export type PruneInput = { readonly keep: number };

const { pruneKept } = proxyActivities<Activities>({
  startToCloseTimeout: "1 day",
  heartbeatTimeout: "15 seconds",
  retry: { maximumInterval: "1 minute" },
});

/** Removes what was kept of old runs so that others might begin in their middle. */
export async function prune({ keep }: PruneInput): Promise<Pruned> {
  const before = new Date(Date.now() - keep).toISOString();
  setCurrentDetails(`Removing what tasks returned in runs that closed before ${before}`);
  const pruned = await pruneKept(before);
  setCurrentDetails(`Removed the results of ${pruned.results} runs, and ${pruned.values} large values, of before ${before}`);
  return pruned;
}
