import type { Filter } from "mongodb";
import { type Catalog, claimId } from "../../infra/catalog.ts";
import { type ObjectStore, type StoredObject, versionOf } from "../../infra/stores/object-store.ts";
import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import type { Finding, ListingPart, Stretch } from "../../sdk/contracts/reconciliation.ts";
import type { IsClosed } from "../admission/claim.ts";
import type { Landed, RunIdentity } from "../contract.ts";
import { inBatches, inParallel } from "./batches.ts";
import { type Entry, entryProjection, judge, judgeSame, type Verdict } from "./judge.ts";
import { markGone } from "./mark-gone.ts";

export type CompareNeeds = {
  readonly catalog: Catalog;
  readonly store: ObjectStore;
  readonly isClosed: IsClosed;
  readonly now: Date;
  /** What landed, or was taken up, after this is somebody else's. */
  readonly recent: Date;
};

/** Keys that are judged together, and at most found in a stretch or so: what is found travels through Temporal. */
const batch = 500;

/**
 * Lists up to `most` keys of a part and holds them against the documents of the same range of keys, read in one go:
 * on the way both what has no document and what has no object any more are seen. Whatever looks wrong is looked at
 * once more by its key, so that neither orders of keys nor what happens meanwhile make a difference.
 */
export async function compareStretch(needs: CompareNeeds, part: ListingPart, most: number, run: RunIdentity): Promise<Stretch> {
  const { store, recent } = needs;
  const listed = new Map<string, StoredObject>();
  for await (const object of store.list(part.container, { prefix: part.prefix, after: part.after, limit: most })) {
    listed.set(object.key, object);
  }
  const end = listed.size < most;
  const last = [...listed.keys()].at(-1);
  const documents = new Map<string, Entry>();
  let gone = 0;
  if (part.kind !== "tail") {
    const orphans: Entry[] = [];
    const settle = async () => void (gone += await markGone(needs, part, orphans.splice(0), run));
    for await (const entry of entriesOf(needs.catalog, part, end ? undefined : last)) {
      if (listed.has(entry._id)) documents.set(entry._id, entry);
      else if (entry.store === part.store) orphans.push(entry);
      if (orphans.length === batch) await settle();
    }
    await settle();
  }

  const found: Stretch["found"][number][] = [];
  const counts = { listed: 0, known: 0, young: 0 };
  let settled: string | undefined;
  let cut: string | undefined;
  for (const objects of inBatches([...listed.values()], batch)) {
    const verdicts = await verdictsOn(needs, part, objects, documents, recent);
    for (const [index, { verdict, entry }] of verdicts.entries()) {
      const object = objects[index] as StoredObject;
      counts.listed += 1;
      if (verdict === "known" || verdict === "young") counts[verdict] += 1;
      else found.push({ finding: verdict, object: landedOf(part, object, entry) });
      if (counts.young === 0) settled = object.key;
    }
    await freeClaims(needs.catalog, part, objects, verdicts);
    cut = objects.at(-1)?.key;
    if (found.length >= batch) break;
  }
  const whole = counts.listed === listed.size;
  return {
    ...counts,
    gone,
    found,
    ...(!(whole && end) && cut !== undefined && { next: cut }),
    ...(settled !== undefined && { settled }),
  };
}

/** Documents of the part's keys up to `last`; a predecessor's, which have no keys, are not among them. */
function entriesOf(catalog: Catalog, { container, prefix, after }: ListingPart, last: string | undefined): AsyncIterable<Entry> {
  const upper = last ?? (prefix && `${prefix}\u{10ffff}`);
  const filter: Filter<CatalogDocument> = {
    _id: { ...(after >= prefix ? { $gt: after } : { $gte: prefix }), ...(upper && { $lte: upper }) },
  };
  return catalog.documents(container).find(filter).project<Entry>(entryProjection);
}

type Judged = { readonly verdict: "known" | "young" | Finding; readonly entry: Entry | undefined };

async function verdictsOn(
  needs: CompareNeeds,
  part: ListingPart,
  objects: readonly StoredObject[],
  documents: ReadonlyMap<string, Entry>,
  recent: Date,
): Promise<readonly Judged[]> {
  const strangers = objects.filter(({ key }) => !documents.has(key)).map(({ key }) => key);
  const looked = await named(needs.catalog, part.container, strangers);
  const runs = new Map<string, Promise<boolean>>();
  const closed: IsClosed = (workflowId, runId) => {
    const run = `${workflowId} ${runId}`;
    const asked = runs.get(run) ?? needs.isClosed(workflowId, runId);
    runs.set(run, asked);
    return asked;
  };
  return await inParallel(objects, async (object): Promise<Judged> => {
    const entry = documents.get(object.key) ?? looked.get(object.key);
    const first = judge(object, entry, recent);
    const second = first === "unsure" && entry ? await askStore(needs.store, part, object, entry, recent) : first;
    const verdict = second === "processing" && entry ? await askRun(needs.catalog, part, entry, closed) : second;
    return { verdict: verdict === "unsure" || verdict === "processing" ? "known" : verdict, entry };
  });
}

/** By their keys, or as a predecessor names objects: by `swift_object_id`. */
async function named(catalog: Catalog, container: string, keys: readonly string[]): Promise<ReadonlyMap<string, Entry>> {
  if (keys.length === 0) return new Map();
  const find = (filter: Filter<CatalogDocument>) => catalog.documents(container).find(filter).project<Entry>(entryProjection).toArray();
  const [byKey, byId] = await Promise.all([find({ _id: { $in: [...keys] } }), find({ swift_object_id: { $in: [...keys] } })]);
  const predecessors = byId.filter(({ _id }) => typeof _id !== "string");
  return new Map([...predecessors.map((one) => [one.swift_object_id, one] as const), ...byKey.map((one) => [one._id, one] as const)]);
}

/** Listings tell no version ids, so the store is asked for the object itself. */
async function askStore(store: ObjectStore, part: ListingPart, { key }: StoredObject, entry: Entry, recent: Date): Promise<Verdict> {
  const object = await store.head(part.container, key);
  if (!object) return "known";
  if (versionOf(object) === entry.version) return judgeSame(entry, recent);
  return object.lastModified > recent ? "young" : "changed";
}

/** A run that closed may have handed the object over to one that goes on with it. */
async function askRun(catalog: Catalog, part: ListingPart, entry: Entry, isClosed: IsClosed): Promise<Verdict> {
  const { workflow_id: workflowId, run_id: runId } = entry;
  if (!workflowId || !runId) return "stuck";
  if (!(await isClosed(workflowId, runId))) return "known";
  const trace = await catalog.traces.findOne({ _id: `${runId}/${part.container}/${entry._id}` }, { projection: { successor: 1 } });
  return trace?.successor && !(await isClosed(trace.successor)) ? "known" : "stuck";
}

/** What was gone and is back was processed once: it may be again, whoever announces it. */
async function freeClaims(
  { claims }: Pick<Catalog, "claims">,
  { container }: ListingPart,
  objects: readonly StoredObject[],
  verdicts: readonly Judged[],
): Promise<void> {
  const returned = verdicts.flatMap(({ verdict, entry }, index) =>
    verdict === "returned" && entry?.version ? [claimId(container, objects[index]?.key ?? "", entry.version)] : [],
  );
  if (returned.length === 0) return;
  await claims.bulkWrite(returned.map((_id) => ({ updateOne: { filter: { _id }, update: { $set: { outcome: "gone" } } } })));
}

function landedOf({ store, container }: ListingPart, object: StoredObject, entry: Entry | undefined): Landed {
  const { key, size, etag, contentType } = object;
  const predecessor = entry && typeof entry._id !== "string";
  return {
    store,
    tenant: container,
    container,
    key,
    etag,
    size,
    ...(contentType !== undefined && { contentType }),
    ...(predecessor && { swiftId: entry.swift_object_id }),
  };
}
