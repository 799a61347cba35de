import type { Catalog } from "../../infra/catalog.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { Admitted, RunIdentity } from "../contract.ts";

type Duplicate = { readonly arrival: Arrival; readonly holder: string; readonly refused: string };

/** Keeps the news of arrivals that bring nothing new, for their objects' traces. */
export async function noteDuplicates(
  catalog: Pick<Catalog, "duplicates">,
  arrivals: readonly Arrival[],
  members: readonly Admitted[],
  run: RunIdentity,
): Promise<void> {
  const refused = new Date().toISOString();
  const duplicates = members.flatMap((member, index): Duplicate[] => {
    const arrival = arrivals[index];
    return member.status === "duplicate" && arrival ? [{ arrival, holder: member.holder, refused }] : [];
  });
  await writeDuplicates(catalog, duplicates, run);
}

export async function writeDuplicates(
  catalog: Pick<Catalog, "duplicates">,
  duplicates: readonly Duplicate[],
  { workflowId: workflow_id, runId: run_id }: RunIdentity,
): Promise<void> {
  const writes = duplicates.map(({ arrival: { id, container, key, door, time: announced }, holder, refused }) => {
    const replacement = { container, key, door, announced, refused: new Date(refused), holder, workflow_id, run_id };
    return { replaceOne: { filter: { _id: `${id}/${run_id}` }, replacement, upsert: true } };
  });
  if (writes.length > 0) await catalog.duplicates.bulkWrite(writes, { ordered: false });
}
