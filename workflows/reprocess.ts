import { CancelledFailure, continueAsNew, proxyActivities } from "@temporalio/workflow";
import type { Activities } from "../activities/contract.ts";
import { begin, publish } from "./bulk.ts";
import type { BulkProgress, ReprocessInput } from "./contract.ts";
import { runGroups, usualLimits } from "./groups.ts";

const { selectObjects, countObjects } = proxyActivities<Activities>({
  startToCloseTimeout: "1 hour",
  heartbeatTimeout: "15s",
  retry: { initialInterval: "200ms", backoffCoefficient: 2, maximumInterval: "10s" },
});

/** Kept results travel with their objects: groups of them are small. */
const groupWithResults = 20;

/** Processes again what a selection means: durable, and to be paused, throttled and cancelled while it goes. */
export async function reprocess(input: ReprocessInput): Promise<BulkProgress> {
  const { selection, plan, from, rate } = input.reprocessing;
  const going = begin(input.bulk, rate);
  const again = plan === "then" || from !== undefined ? { plan, from } : undefined;
  const limits = { ...usualLimits, ...(from !== undefined && { group: groupWithResults }), ...input.limits };
  const page = async (after: Parameters<typeof selectObjects>[0]["after"]) => {
    const read = await selectObjects({ selection, limit: limits.page, ...(after && { after }) });
    if (read.next && going.progress.selected === undefined)
      void countObjects(selection).then(
        (selected) => publish(going, { selected }),
        () => undefined,
      );
    return read;
  };
  const end = await runGroups(going, { door: "reprocess", limits, page, ...(again && { again }) });
  if (end === "cancelled") {
    publish(going, {});
    throw new CancelledFailure("Cancelled: nothing more is started; what was started goes on.");
  }
  if (end === "done") {
    publish(going, { selected: going.progress.started });
    return going.progress;
  }
  const { cancelled: _, ...bulk } = going;
  return await continueAsNew<typeof reprocess>({ ...input, bulk });
}
