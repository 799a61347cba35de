import type { Catalog } from "../../infra/catalog.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import type { IsClosed } from "../admission/claim.ts";
import type { RunIdentity } from "../contract.ts";
import { untakenTrace } from "./untaken.ts";

type Needs = { readonly catalog: Catalog; readonly isClosed: IsClosed };
type Known = Pick<CatalogDocument, "_id" | "swift_object_id" | "state" | "workflow_id" | "run_id">;

/**
 * Keeps the news of objects that the store does not hold: in their trace, and on their documents where there are any. A
 * run that is at an older version closes its document itself; what is forgotten stays forgotten.
 */
export async function recordGone(
  { catalog, isClosed }: Needs,
  gone: readonly { readonly arrival: Arrival; readonly failure: Failure }[],
  run: RunIdentity,
  now = new Date(),
): Promise<void> {
  const container = gone[0]?.arrival.container;
  if (container === undefined) return;
  const traces = gone.map(({ arrival, failure }) => untakenTrace("gone", arrival, failure, run, now));
  await catalog.traces.bulkWrite(
    traces.map((trace) => ({ replaceOne: { filter: { _id: trace._id }, replacement: trace, upsert: true } })),
    { ordered: false },
  );
  const failures = new Map(gone.map(({ arrival, failure }) => [arrival.key, failure]));
  const known = await catalog
    .documents(container)
    .find({ _id: { $in: [...failures.keys()] } })
    .project<Known>({ swift_object_id: 1, state: 1, workflow_id: 1, run_id: 1 })
    .toArray();
  const free = await Promise.all(known.map((document) => isFree(document, run, isClosed)));
  const left = known.filter((_, index) => free[index]);
  await leaveQuarantine(catalog, container, left, now);
  const writes = left.map((seen) => goneUpdate(seen, failures.get(seen._id), now, { workflow_id: run.workflowId, run_id: run.runId }));
  if (writes.length > 0) await catalog.documents(container).bulkWrite(writes, { ordered: false });
}

/** What is gone can be neither released nor dropped. What was put aside since then is a newer version. */
export async function leaveQuarantine(
  { quarantine }: Pick<Catalog, "quarantine">,
  container: string,
  gone: readonly { readonly _id: string }[],
  now: Date,
): Promise<void> {
  await quarantine.deleteMany({ _id: { $in: gone.map(({ _id }) => `${container}/${_id}`) }, since: { $lte: now } });
}

async function isFree({ state, workflow_id: holder, run_id: runId }: Known, run: RunIdentity, isClosed: IsClosed): Promise<boolean> {
  if (state === "forgotten") return false;
  if (state !== "processing" || holder === undefined || holder === run.workflowId || holder === run.takesOver) return true;
  return await isClosed(holder, runId);
}

/** Only as it was seen: a newer version may have landed meanwhile. The three fields are a unique key of their own. */
export function goneUpdate(
  { swift_object_id, state, run_id }: Pick<Partial<CatalogDocument>, "state" | "run_id"> & Pick<CatalogDocument, "swift_object_id">,
  reason: Failure | undefined,
  now: Date,
  by: Pick<Partial<CatalogDocument>, "workflow_id" | "run_id"> = {},
) {
  const left = { state: "gone" as const, state_since: now, ...(reason && { reason }), ...by };
  return { updateOne: { filter: { swift_object_id, state, run_id }, update: { $set: left } } };
}
