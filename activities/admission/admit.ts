import type { Catalog } from "../../infra/catalog.ts";
import { asksForCustom, route } from "../../infra/route.ts";
import { type ObjectStore, type StoredObject, versionOf } from "../../infra/stores/object-store.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import { type Failure, isSluiceError, toFailure } from "../../sdk/contracts/errors.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import type { PublishedPlan } from "../../sdk/plan/plan.ts";
import type { Admission, Admitted, Again, RunIdentity } from "../contract.ts";
import type { ContentCache } from "../objects/content-cache.ts";
import { type AgainDependencies, nameOf, type Taken, takeAgain } from "./again.ts";
import { claim, giveBack, type IsClosed, spend } from "./claim.ts";
import { documentsOf, type LeftBy, objectInfoOf, openDocuments } from "./documents.ts";
import { settleType } from "./settle-type.ts";

export type AdmissionDependencies = {
  readonly catalog: Catalog;
  readonly store: (name: string) => ObjectStore;
  readonly cache: ContentCache;
  readonly plansInForce: () => readonly PublishedPlan[];
  readonly isClosed: IsClosed;
  readonly library: AgainDependencies["library"];
  readonly leftBy: LeftBy;
  readonly holds: AgainDependencies["holds"];
};

/** What is read of an object to settle its type; smaller ones are read whole, once for type and tasks. */
const headBytes = 64 * 1024;
const wholeBytes = 1024 * 1024;

type Found = { readonly arrival: Arrival; readonly stored: StoredObject; readonly version: string; readonly head: Uint8Array };

/** Takes a group of arrivals in, in a handful of requests whatever its size; see `Activities.admitArrivals`. */
export async function admitArrivals(
  needs: AdmissionDependencies,
  arrivals: readonly Arrival[],
  run: RunIdentity,
  again?: Again,
): Promise<Admission> {
  const looked = await Promise.all(arrivals.map((arrival) => look(needs, arrival)));
  const found = looked.filter((entry): entry is Found => "stored" in entry);
  const claims = await claim(needs.catalog, found, run, needs.isClosed);
  const claimed = found.filter((_, index) => claims[index]?.held);
  const claimedAt = new Date();
  const documents = new Map(await documentsOf(needs, claimed, run, claimedAt));
  const busy = await holdersOf(needs, claimed, documents, run);
  const closed = closedBefore(claimed, documents, run);
  await spend(
    needs.catalog,
    claimed.filter(({ arrival }) => closed.has(arrival.id)),
    closed,
  );
  const free = claimed.filter(({ arrival }) => !busy.has(arrival.id) && !closed.has(arrival.id));
  // A run that closed between the two looks has left its receipts meanwhile: they say what is to be replaced.
  const left = free.filter(({ arrival }) => documents.get(arrival.id)?.state === "processing");
  for (const [id, document] of left.length > 0 ? await documentsOf(needs, left, run, claimedAt) : []) documents.set(id, document);

  const plans: { [hash: string]: PublishedPlan } = {};
  const admitted = new Map<string, Admitted>();
  const described = await Promise.all(free.map((entry) => describe(entry, documents.get(entry.arrival.id) as CatalogDocument)));
  const chosen = await Promise.all(
    free.map(({ arrival: { id } }, index) =>
      choose(needs, (described[index] as Described).object, documents.get(id) as CatalogDocument, again),
    ),
  );
  const opened = free.flatMap((entry, index) => {
    const document = documents.get(entry.arrival.id) as CatalogDocument;
    const { object, typeBy, failure } = described[index] as Described;
    const choice = chosen[index] as Awaited<ReturnType<typeof choose>>;
    const base = { arrival: entry.arrival.id, object, claimed: claimedAt.toISOString(), previous: document.receipts };
    if ("declined" in choice) {
      admitted.set(entry.arrival.id, { arrival: entry.arrival.id, status: "declined", failure: choice.declined });
      return [];
    }
    if (failure) admitted.set(entry.arrival.id, { ...base, status: "refused", failure });
    else {
      const names = choice.map((one) => nameOf(one, again));
      const kept = Object.fromEntries(choice.flatMap((one, at) => (one.kept ? [[names[at], one.kept]] : [])));
      for (const [at, { published }] of choice.entries()) plans[names[at] as string] = published;
      const custom = names.filter((_, at) => asksForCustom((choice[at] as Taken).published.plan, object));
      admitted.set(entry.arrival.id, { ...base, status: "admitted", typeBy, plans: names, custom, ...(again && { kept }) });
    }
    return [{ entry, document, object, plans: failure ? [] : choice.map(({ published }) => published.hash) }];
  });
  await Promise.all([
    openDocuments(needs.catalog, opened, run, claimedAt),
    giveBack(
      needs.catalog,
      free.filter((_, index) => "declined" in (chosen[index] ?? [])),
      documents,
      run,
    ),
  ]);

  const members = looked.map((entry): Admitted => {
    if (!("stored" in entry)) return entry;
    const id = entry.arrival.id;
    const outcome = claims[found.indexOf(entry)];
    if (outcome && !outcome.held) return { arrival: id, status: "duplicate", holder: outcome.holder };
    return admitted.get(id) ?? closed.get(id) ?? { arrival: id, status: "busy", holder: busy.get(id) ?? "" };
  });
  return { members, plans };
}

type Closed = Admitted & { readonly status: "closed" };

/**
 * What this run closed already: a worker that died right after the closing has its run begin anew, and what was done
 * must not be done twice.
 */
function closedBefore(
  claimed: readonly Found[],
  documents: ReadonlyMap<string, CatalogDocument>,
  run: RunIdentity,
): ReadonlyMap<string, Closed> {
  const closed = new Map<string, Closed>();
  for (const { arrival, version } of claimed) {
    const document = documents.get(arrival.id);
    if (!document || document.run_id !== run.runId || document.version !== version) continue;
    const { state: outcome, reason: failure } = document;
    if (outcome !== "processed" && outcome !== "quarantined" && outcome !== "failed") continue;
    closed.set(arrival.id, { arrival: arrival.id, status: "closed", outcome, ...(failure && { failure }) });
  }
  return closed;
}

/** The plans that are to run for an object, or why it is not processed again in the way that is asked for. */
async function choose(
  needs: AdmissionDependencies,
  object: ObjectInfo,
  document: CatalogDocument,
  again: Again | undefined,
): Promise<readonly Taken[] | { readonly declined: Failure }> {
  const routed = (one: ObjectInfo) => route(needs.plansInForce(), one);
  if (!again) return routed(object).map((published) => ({ published }));
  try {
    return await takeAgain({ catalog: needs.catalog, library: needs.library, holds: needs.holds, routed }, again, object, document);
  } catch (error) {
    if (!isSluiceError(error) || error.kind !== "terminal") throw error;
    return { declined: toFailure(error) };
  }
}

/** What the store says of the object now, with its first bytes. */
async function look(needs: AdmissionDependencies, arrival: Arrival): Promise<Found | (Admitted & { status: "gone" })> {
  const { container, key } = arrival;
  try {
    const store = needs.store(arrival.store);
    const size = arrival.size ?? (await store.head(container, key))?.size ?? 0;
    const range = size > wholeBytes ? { range: { start: 0, end: headBytes } } : {};
    const { object, body } = await store.get(container, key, range);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      chunks.push(chunk);
      // The event may have spoken of a smaller version than the one that is there.
      if ((bytes += chunk.length) > wholeBytes) break;
    }
    const content = Buffer.concat(chunks);
    const version = versionOf(object);
    if (content.length === object.size) needs.cache.keep(container, key, version, content);
    return { arrival, stored: object, version, head: content.subarray(0, headBytes) };
  } catch (error) {
    // What no store will ever give, such as a key that it refuses: thrown, it would hold up the whole group for ever.
    if (!isSluiceError(error) || error.kind !== "terminal") throw error;
    return { arrival: arrival.id, status: "gone", failure: error.code === "OBJECT_GONE" ? notHeld(arrival, error) : toFailure(error) };
  }
}

function notHeld({ container, key }: Arrival, error: unknown): Failure {
  const message = `${container}/${key} was announced, but the store does not hold it: it was deleted, or never finished. Put it again if it is still wanted.`;
  return { ...toFailure(error), message };
}

/** Runs that are still busy with an older version, by arrival. */
async function holdersOf(
  needs: AdmissionDependencies,
  claimed: readonly Found[],
  documents: ReadonlyMap<string, CatalogDocument>,
  run: RunIdentity,
): Promise<ReadonlyMap<string, string>> {
  const busy = new Map<string, string>();
  await Promise.all(
    claimed.map(async ({ arrival }) => {
      const { state, workflow_id: holder, run_id: runId } = documents.get(arrival.id) ?? {};
      if (state !== "processing" || !holder || !runId || holder === run.workflowId || holder === run.takesOver) return;
      if (!(await needs.isClosed(holder, runId))) busy.set(arrival.id, holder);
    }),
  );
  return busy;
}

type Described = { readonly object: ObjectInfo; readonly typeBy: string; readonly failure?: Failure };

async function describe({ stored, head, version }: Found, document: CatalogDocument): Promise<Described> {
  const { declared_type: declared } = document;
  const where = `${document.swift_container}/${stored.key}`;
  const signs = { key: document.original_object_name || stored.key, where, head, size: stored.size };
  try {
    const { type, by } = await settleType({
      ...signs,
      ...(declared && { declared }),
      ...(stored.contentType && { contentType: stored.contentType }),
    });
    return { object: objectInfoOf(document, stored, version, type), typeBy: by };
  } catch (error) {
    const type = declared ?? stored.contentType ?? "application/octet-stream";
    return { object: objectInfoOf(document, stored, version, type), typeBy: "none", failure: toFailure(error) };
  }
}
