import { proxyActivities, setCurrentDetails } from "@temporalio/workflow";
import type { RebuildingActivities } from "../activities/rebuilding/contract.ts";
import type { RebuildInput, RebuildResult } from "./contract.ts";

const { prepareCatalog, readHistories, readStores } = proxyActivities<RebuildingActivities>({
  startToCloseTimeout: "1 day",
  heartbeatTimeout: "15 seconds",
  retry: { maximumInterval: "1 minute" },
});

/**
 * Makes a catalog that was lost anew, from the histories of all runs and what the stores hold. The lake may go on: what
 * is there is left as it is. What waits in the journals of gateways goes on by itself.
 */
export async function rebuild(input: RebuildInput): Promise<RebuildResult> {
  setCurrentDetails("Making indexes, and a counter above all that was ever given");
  await prepareCatalog(input);
  setCurrentDetails("Reading histories");
  const histories = await readHistories(input);
  setCurrentDetails(`${histories.objects} objects from ${histories.histories} histories; listing the stores`);
  const stores = await readStores(input);
  setCurrentDetails(
    `${histories.objects} objects from ${histories.histories} histories, ${stores.unknown} of ${stores.listed} in the stores without any`,
  );
  return { ...histories, ...stores };
}
