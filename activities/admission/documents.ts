import { type Catalog, newDocument } from "../../infra/catalog.ts";
import type { StoredObject } from "../../infra/stores/object-store.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import { isStorable, type Json, type JsonObject } from "../../sdk/contracts/json.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import type { RunIdentity } from "../contract.ts";

type Entry = { readonly arrival: Arrival; readonly stored: StoredObject; readonly version: string };

/** What a processing that never said how it ended may have left, as receipts. */
export type LeftBy = (document: CatalogDocument) => Promise<readonly Receipt[]>;

/**
 * The documents of objects of one container, by arrival: those that are there, and new ones (not written yet), each
 * with a number of its own for this processing, by which what it writes is told from what an earlier one wrote. A
 * predecessor's document is found by the event's `swift_id`.
 */
export async function documentsOf(
  { catalog, leftBy }: { readonly catalog: Catalog; readonly leftBy: LeftBy },
  entries: readonly Entry[],
  run: RunIdentity,
  now: Date,
): Promise<ReadonlyMap<string, CatalogDocument>> {
  const container = entries[0]?.arrival.container;
  if (container === undefined) return new Map();
  const keys = entries.map(({ arrival }) => arrival.key);
  const swiftIds = entries.map(({ arrival }) => arrival.swiftId).filter((id) => id !== undefined);
  const [byKey, bySwiftId] = await Promise.all([
    catalog
      .documents(container)
      .find({ _id: { $in: keys } })
      .toArray(),
    swiftIds.length > 0
      ? catalog
          .documents(container)
          .find({ swift_object_id: { $in: swiftIds } })
          .toArray()
      : [],
  ]);
  const known = new Map([
    ...bySwiftId.map((document) => [document.swift_object_id, document] as const),
    ...byKey.map((document) => [document._id, document] as const),
  ]);
  const documentOf = ({ arrival }: Entry) => known.get(arrival.key) ?? known.get(arrival.swiftId ?? "");
  // A repeated admission, and a run that takes an object over, go on with the number there is.
  const goesOn = (entry: Entry) => {
    const { state, version, workflow_id: holder } = documentOf(entry) ?? {};
    return state === "processing" && version === entry.version && (holder === run.workflowId || holder === run.takesOver);
  };
  const unnumbered = entries.filter((entry) => documentOf(entry)?.object_number === undefined || !goesOn(entry));
  const first = unnumbered.length > 0 ? await catalog.allocateNumbers(unnumbered.length) : 0;
  return new Map(
    await Promise.all(
      entries.map(async (entry): Promise<readonly [string, CatalogDocument]> => {
        const { arrival } = entry;
        const document = documentOf(entry);
        const index = unnumbered.indexOf(entry);
        const number = index >= 0 ? first + index : (document?.object_number as number);
        const fresh = newDocument({
          container,
          key: arrival.key,
          store: arrival.store,
          number,
          now,
          ...(arrival.swiftId !== undefined && { swiftId: arrival.swiftId }),
        });
        // A predecessor's document lacks what Sluice adds.
        const known = document ? { ...fresh, ...document, object_number: number } : fresh;
        if (!document?.writing || index < 0) return [arrival.id, known];
        const { writing: _abandoned, ...settled } = known;
        return [arrival.id, { ...settled, receipts: [...known.receipts, ...(await leftBy(document))] }];
      }),
    ),
  );
}

/** Marks documents as being processed by this run; new ones are written whole. */
export async function openDocuments(
  catalog: Catalog,
  opened: readonly {
    readonly entry: Entry;
    readonly document: CatalogDocument;
    readonly object: ObjectInfo;
    /** Hashes of the plans that are to run. */
    readonly plans: readonly string[];
  }[],
  run: RunIdentity,
  now: Date,
): Promise<void> {
  const container = opened[0]?.entry.arrival.container;
  if (container === undefined) return;
  await catalog.documents(container).bulkWrite(
    opened.map(({ entry, document, object, plans }) => {
      const set = {
        content_type: object.type,
        object_number: object.number,
        version: object.version,
        size: object.size,
        checksum: entry.stored.etag,
        last_modified: entry.stored.lastModified,
        other_data: object.metadata,
        project: object.project,
        swift_user: object.user,
        state: "processing" as const,
        // Of a run that is taken over, the plans that it began with run on.
        writing: [...new Set([...(document.writing ?? []), ...plans])],
        // Whoever goes on after this run must know as well what an earlier one may have left.
        ...(document.receipts.some(({ suspected }) => suspected) && { receipts: document.receipts }),
        state_since: now,
        workflow_id: run.workflowId,
        run_id: run.runId,
      };
      const { _id, said: _said, ...whole } = document;
      const onInsert = Object.fromEntries(Object.entries(whole).filter(([name]) => !(name in set)));
      return { updateOne: { filter: { _id }, update: { $set: set, $setOnInsert: onInsert, $unset: { said: "" } }, upsert: true } };
    }),
    { ordered: false },
  );
}

/**
 * What a run carries of an object. What was put with it as user metadata counts as said by the uploader: of a newer
 * version it goes before what is known of the older one.
 */
export function objectInfoOf(document: CatalogDocument, stored: StoredObject, version: string, type: string): ObjectInfo {
  const { application, project, user, ...said } = stored.metadata;
  // Of one that was never processed, somebody said on purpose what is known.
  const isKnown = document.version === version || document.version === "" || document.said === true;
  return {
    id: document.swift_object_id,
    number: document.object_number,
    store: document.store,
    container: document.swift_container,
    key: stored.key,
    version,
    type,
    size: stored.size,
    lastModified: stored.lastModified.toISOString(),
    user: document.swift_user || user || "",
    project: document.project !== document.swift_container ? document.project : (project ?? document.project),
    application: document.application || application || "",
    dataProcessing: document.data_processing,
    metadata: isKnown ? { ...parsed(said), ...document.other_data } : { ...document.other_data, ...parsed(said) },
  };
}

/** User metadata is text; what reads as a JSON object or list is taken as one, if the catalog can hold it. */
function parsed(metadata: { readonly [name: string]: string }): JsonObject {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, text]): [string, Json] => {
      if (!/^\s*[[{]/.test(text)) return [name, text];
      try {
        const value = JSON.parse(text) as Json;
        return [name, isStorable(value) ? value : text];
      } catch {
        return [name, text];
      }
    }),
  );
}
