import { proxyLocalActivities } from "@temporalio/workflow";
import type { Activities } from "../activities/contract.ts";

/**
 * The engine's own activities. They are local (no round trip to the server) and tried until they succeed: while the
 * catalog or the store is away, the run waits for it.
 */
export const bookkeeping: Pick<
  Activities,
  "admitArrivals" | "closeDocuments" | "recordGone" | "outcomesOfRuns" | "joinMapParts" | "patchMapPart" | "collectMap"
> = {
  admitArrivals: told("claim what arrived, settle its type, choose its DAGs").admitArrivals,
  closeDocuments: told("write outcome and trace to the catalog, and reasons to quarantine").closeDocuments,
  recordGone: told("note what the store does not hold").recordGone,
  outcomesOfRuns: told("look what became of objects that went on by themselves").outcomesOfRuns,
  joinMapParts: told("put the parts of a map together").joinMapParts,
  patchMapPart: told("put items that were done again in their places").patchMapPart,
  collectMap: told("make the value of a map").collectMap,
};

/** With what the Temporal UI says of it. */
function told(summary: string) {
  return proxyLocalActivities<Activities>({
    startToCloseTimeout: "2 minutes",
    retry: { initialInterval: "200ms", backoffCoefficient: 2, maximumInterval: "10s" },
    // Longer pauses are Temporal's timers: whoever waits for a store that is away holds no place that others could use.
    localRetryThreshold: "1s",
    summary,
  });
}
