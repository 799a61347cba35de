import type { Catalog } from "../../infra/catalog.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { ObjectState } from "../../sdk/contracts/catalog.ts";
import { terminal, toFailure } from "../../sdk/contracts/errors.ts";
import type { ListingPart } from "../../sdk/contracts/reconciliation.ts";
import { goneUpdate, leaveQuarantine } from "../closing/gone.ts";
import { untakenTrace } from "../closing/untaken.ts";
import type { RunIdentity } from "../contract.ts";
import { inParallel } from "./batches.ts";
import type { Entry } from "./judge.ts";

type Needs = { readonly catalog: Catalog; readonly store: ObjectStore; readonly now: Date };

/** States that say something of an object that was there. A run that is at it says itself that it is gone. */
const settled: readonly (ObjectState | undefined)[] = ["processed", "quarantined", "failed", "dropped"];

/**
 * Notes which of these documents' objects the store does not hold any more; returns how many. What was made of them
 * stays where it is: whoever wants that gone as well, forgets the object.
 */
export async function markGone(
  { catalog, store, now }: Needs,
  part: ListingPart,
  entries: readonly Entry[],
  run: RunIdentity,
): Promise<number> {
  const { container } = part;
  const suspects = entries.filter(({ state }) => settled.includes(state));
  const held = await inParallel(suspects, ({ _id }) => store.head(container, _id));
  const gone = suspects.filter((_, index) => held[index] === undefined);
  if (gone.length === 0) return 0;
  await leaveQuarantine(catalog, container, gone, now);
  const documents = catalog.documents(container);
  await documents.bulkWrite(
    gone.map((entry) => goneUpdate(entry, reasonOf(container, entry._id), now)),
    { ordered: false },
  );
  const after = await documents
    .find({ _id: { $in: gone.map(({ _id }) => _id) } })
    .project<Pick<Entry, "_id" | "state" | "state_since">>({ state: 1, state_since: 1 })
    .toArray();
  // Of what a run has taken up meanwhile, that run has its own to tell.
  const marked = new Set(
    after.filter(({ state, state_since: since }) => state === "gone" && since?.getTime() === now.getTime()).map(({ _id }) => _id),
  );
  const traces = gone
    .filter(({ _id }) => marked.has(_id))
    .map((entry) => untakenTrace("gone", arrivalOf(part, entry, now), reasonOf(container, entry._id), run, now));
  if (traces.length === 0) return 0;
  await catalog.traces.bulkWrite(
    traces.map((trace) => ({ replaceOne: { filter: { _id: trace._id }, replacement: trace, upsert: true } })),
    { ordered: false },
  );
  return traces.length;
}

function reasonOf(container: string, key: string) {
  const message = `${container}/${key} was in the store and is there no more: it was deleted. What was made of it is still where it was; \`sluice forget\` removes that.`;
  return toFailure(terminal("OBJECT_GONE", message));
}

function arrivalOf({ store, container }: ListingPart, { _id: key, version = "" }: Entry, now: Date): Arrival {
  return { id: "", store, tenant: container, container, key, version, time: now.toISOString(), door: "reconcile" };
}
