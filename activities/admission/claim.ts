import { MongoBulkWriteError } from "mongodb";
import { type Catalog, type ClaimDocument, claimId } from "../../infra/catalog.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import type { RunIdentity } from "../contract.ts";

/** Whether a workflow's run (the last one, where none is named) has closed; true as well where Temporal no longer knows it. */
export type IsClosed = (workflowId: string, runId?: string) => Promise<boolean>;

export type Claimant = { readonly arrival: Arrival; readonly version: string };
export type ClaimOutcome = { readonly held: true } | { readonly held: false; readonly holder: string };

/**
 * Claims versions of objects for a run: one run has a version, ever, unless it closed without an outcome, the version
 * is re-processed, or a run hands it over. Claiming again what one has already is fine.
 */
export async function claim(
  catalog: Pick<Catalog, "claims">,
  claimants: readonly Claimant[],
  run: RunIdentity,
  isClosed: IsClosed,
): Promise<readonly ClaimOutcome[]> {
  if (claimants.length === 0) return [];
  const documents = claimants.map(({ arrival, version }): ClaimDocument => ({
    _id: claimId(arrival.container, arrival.key, version),
    workflow_id: run.workflowId,
    run_id: run.runId,
    arrival: arrival.id,
    claimed: new Date(),
  }));
  const taken = await insertNew(catalog, documents);
  if (taken.size === 0) return documents.map(() => ({ held: true }));
  const holders = new Map((await catalog.claims.find({ _id: { $in: [...taken] } }).toArray()).map((holder) => [holder._id, holder]));
  return Promise.all(
    documents.map(async (document, index): Promise<ClaimOutcome> => {
      const holder = holders.get(document._id);
      if (!holder || holder.workflow_id === run.workflowId) return { held: true };
      // A spent claim is free only for re-processing, and never where the version was forgotten; or once its object, which
      // was gone, is back. One that was never spent is free once its run is gone.
      const spent = holder.outcome !== undefined;
      const asked = claimants[index]?.arrival.door === "reprocess";
      const again = holder.outcome === "gone" || (spent && holder.outcome !== "forgotten" && asked);
      const handedOver = holder.workflow_id === run.takesOver;
      const free = handedOver || again || (!spent && (await isAbandoned(catalog, holder, isClosed)));
      if (!free) return { held: false, holder: holder.workflow_id };
      const { _id, ...ours } = document;
      const replaced = await catalog.claims.updateOne(
        { _id, workflow_id: holder.workflow_id, run_id: holder.run_id },
        { $set: ours, $unset: { outcome: "" } },
      );
      return replaced.modifiedCount === 1 ? { held: true } : { held: false, holder: holder.workflow_id };
    }),
  );
}

/** A run spends its claims before it closes: what it had not spent when its claim was read, it may have by now. */
async function isAbandoned(catalog: Pick<Catalog, "claims">, holder: ClaimDocument, isClosed: IsClosed): Promise<boolean> {
  if (!(await isClosed(holder.workflow_id, holder.run_id))) return false;
  const now = await catalog.claims.findOne({ _id: holder._id });
  return now?.run_id === holder.run_id && now.outcome === undefined;
}

/** Gives claims back that were spent when they were taken: their objects stay as they are. */
export async function giveBack(
  catalog: Pick<Catalog, "claims">,
  claimants: readonly Claimant[],
  documents: ReadonlyMap<string, Pick<CatalogDocument, "state">>,
  { workflowId, runId }: RunIdentity,
): Promise<void> {
  const spent = claimants.flatMap(({ arrival: { id, container, key }, version }) => {
    const outcome = documents.get(id)?.state;
    return outcome === undefined || outcome === "processing" ? [] : [{ _id: claimId(container, key, version), outcome }];
  });
  if (spent.length === 0) return;
  await catalog.claims.bulkWrite(
    spent.map(({ _id, outcome }) => ({
      updateOne: { filter: { _id, workflow_id: workflowId, run_id: runId }, update: { $set: { outcome } } },
    })),
    { ordered: false },
  );
}

/** Inserts what is not there yet; returns the ids that were. */
async function insertNew(catalog: Pick<Catalog, "claims">, documents: readonly ClaimDocument[]): Promise<ReadonlySet<string>> {
  try {
    await catalog.claims.insertMany([...documents], { ordered: false });
    return new Set();
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
    // Where the network fails, the driver throws the same error with no failed write in it: then nothing is known to be inserted.
    if (failures.length === 0 || failures.some(({ code }) => code !== 11_000)) throw error;
    return new Set(failures.map(({ index }) => documents[index]?._id ?? ""));
  }
}

/** Writes the outcomes of claims whose documents were closed, where the closing got no further. */
export async function spend(
  catalog: Pick<Catalog, "claims">,
  claimants: readonly Claimant[],
  outcomes: ReadonlyMap<string, { readonly outcome: string }>,
): Promise<void> {
  if (claimants.length === 0) return;
  await catalog.claims.bulkWrite(
    claimants.map(({ arrival, version }) => ({
      updateOne: {
        filter: { _id: claimId(arrival.container, arrival.key, version) },
        update: { $set: { outcome: outcomes.get(arrival.id)?.outcome ?? "" } },
      },
    })),
    { ordered: false },
  );
}
