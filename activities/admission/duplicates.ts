import type { Catalog } from "../../infra/catalog.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { Admitted, RunIdentity } from "../contract.ts";

/** Keeps the news of arrivals that bring nothing new, for their objects' traces. */
export async function noteDuplicates(
  catalog: Pick<Catalog, "duplicates">,
  arrivals: readonly Arrival[],
  members: readonly Admitted[],
  run: RunIdentity,
  refused = new Date(),
): Promise<void> {
  const writes = members.flatMap((member, index) => {
    const arrival = arrivals[index];
    if (member.status !== "duplicate" || !arrival) return [];
    const { id, container, key, door, time: announced } = arrival;
    const { workflowId: workflow_id, runId: run_id } = run;
    const replacement = { container, key, door, announced, refused, holder: member.holder, workflow_id, run_id };
    return [{ replaceOne: { filter: { _id: `${id}/${run.runId}` }, replacement, upsert: true } }];
  });
  if (writes.length > 0) await catalog.duplicates.bulkWrite(writes, { ordered: false });
}
