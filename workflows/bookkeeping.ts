import { proxyLocalActivities } from "@temporalio/workflow";
import type { Activities } from "../activities/contract.ts";

/**
 * The engine's own activities. They are local (no round trip to the server) and tried until they succeed: while the
 * catalog or the store is away, the run waits for it.
 */
export const bookkeeping = proxyLocalActivities<Activities>({
  startToCloseTimeout: "2 minutes",
  retry: { initialInterval: "200ms", backoffCoefficient: 2, maximumInterval: "10s" },
});
