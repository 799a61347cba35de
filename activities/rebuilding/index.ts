import { Context } from "@temporalio/activity";
import type { AnyBulkWriteOperation } from "mongodb";
import { createIndexes, type Catalog, claimId, newDocument } from "../../infra/catalog.ts";
import type { Executions } from "../../infra/executions.ts";
import type { History, HistoryArchive } from "../../infra/histories.ts";
import type { IsLanding } from "../../infra/landing.ts";
import { type ObjectStore, type StoredObject, versionOf } from "../../infra/stores/object-store.ts";
import type { CatalogDocument, HistoryDocument } from "../../sdk/contracts/catalog.ts";
import type { RunIdentity } from "../contract.ts";
import { beginMark } from "../histories/archive-mark.ts";
import { spendClaims } from "../forgetting/settle.ts";
import { codeContainer, planKey } from "../stages/library.ts";
import { withHeartbeats } from "../stages/heartbeats.ts";
import { applyIngest } from "./apply-history.ts";
import { applyReprocess } from "./apply-reprocess.ts";
import type { HistoriesRead, RebuildingActivities, StoresRead } from "./contract.ts";
import { applyForget, type Forgettings } from "./forgettings.ts";

export type RebuildingDependencies = {
  readonly catalog: Catalog;
  readonly stores: readonly ObjectStore[];
  readonly lake: ObjectStore;
  readonly isLanding: IsLanding;
  readonly archive: HistoryArchive;
  readonly executions: Executions;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly warn: (fields: object, message: string) => void;
};

/** Keys that are compared with the catalog at once. */
const pageSize = 500;

/** Whose histories tell something. */
const told = ["forget", "ingest", "reprocess"];

/** The activities of the workflow `rebuild`. */
export function createRebuilding(needs: RebuildingDependencies): RebuildingActivities {
  const { catalog, stores, lake, isLanding } = needs;

  async function readHistories(dryRun: boolean): Promise<HistoriesRead> {
    const read = { histories: 0, traces: 0, objects: 0, forgotten: 0, unreadable: 0 };
    const forgettings: Forgettings = new Map();
    const [store = ""] = stores.map(({ name }) => name);
    // Who is forgotten is known before anything is read that tells of them; who only looks need not know.
    for (const types of dryRun ? [told] : [["forget"], told.filter((type) => type !== "forget")]) {
      for await (const { type, run, history } of historiesOf(needs, types, dryRun)) {
        Context.current().cancellationSignal.throwIfAborted();
        read.histories += 1;
        try {
          if (type === "forget") read.forgotten += await applyForget(catalog, store, run, history, forgettings, dryRun);
          else if (type === "ingest") {
            const { traces, objects } = await applyIngest(catalog, run, history, forgettings, dryRun);
            read.traces += traces;
            read.objects += objects;
          } else if (!dryRun) await applyReprocess(catalog, run, history);
        } catch (error) {
          // A history of another Sluice, or damaged: that of the world is tried again.
          if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
          read.unreadable += 1;
          needs.warn({ error, workflowId: run.workflowId, runId: run.runId }, "A history tells nothing that the catalog could take");
        }
      }
    }
    return read;
  }

  async function readStores(dryRun: boolean): Promise<StoresRead> {
    const read = { listed: 0, unknown: 0, plans: 0 };
    for (const store of stores) {
      for (const container of (await store.containers()).filter(isLanding)) {
        for await (const page of pagesOf(store.list(container))) {
          Context.current().cancellationSignal.throwIfAborted();
          read.listed += page.length;
          read.unknown += await compareListing(catalog, store.name, container, page, dryRun);
          if (!dryRun) await nameForgotten(catalog, store, container, page);
        }
      }
    }
    for await (const { key, lastModified } of lake.list(codeContainer, { prefix: planKey("").replace(".json", "") })) {
      const hash = /([^/]+)\.json$/.exec(key)?.[1];
      if (hash === undefined || (await catalog.plans.findOne({ _id: hash }, { projection: { _id: 1 } }))) continue;
      read.plans += 1;
      if (dryRun) continue;
      const { plan } = JSON.parse(await textOf(lake, key)) as { readonly plan: unknown };
      await catalog.plans.updateOne({ _id: hash }, { $setOnInsert: { plan, published: lastModified } }, { upsert: true });
    }
    if (!dryRun) await beginMark(needs);
    return read;
  }

  return {
    prepareCatalog: async ({ dryRun }) => {
      if (dryRun) return;
      await createIndexes(catalog);
      await catalog.raiseCounter();
      for (const store of stores) {
        for (const container of (await store.containers()).filter(isLanding)) await catalog.indexAnew(container);
      }
    },
    readHistories: ({ dryRun }) => withHeartbeats(() => readHistories(dryRun)),
    readStores: ({ dryRun }) => withHeartbeats(() => readStores(dryRun)),
  };
}

type Told = { readonly type: string; readonly run: RunIdentity; readonly history: History };

/** From the archive, then those that only Temporal has: of runs that closed just now, and of those that go on. */
async function* historiesOf(needs: RebuildingDependencies, types: readonly string[], dryRun: boolean): AsyncGenerator<Told> {
  const { archive, executions, taskQueue, catalog } = needs;
  const seen = new Set<string>();
  const isFirst = dryRun || types.includes("forget");
  // Small batches: a cursor that nobody asks anything for minutes is gone.
  const archived = isFirst ? listed(needs, dryRun) : catalog.histories.find({ type: { $in: [...types] } }).batchSize(100);
  for await (const { _id: runId, workflow_id: workflowId, type, key } of archived) {
    if (!types.includes(type)) continue;
    seen.add(runId);
    const history = await archive.read(key);
    if (history) yield { type, run: { workflowId, runId }, history };
  }
  for (const type of types) {
    for await (const { workflowId, runId } of executions.all({ taskQueue, type })) {
      if (seen.has(runId)) continue;
      const history = await executions.history(workflowId, runId);
      if (history) yield { type, run: { workflowId, runId }, history };
    }
  }
}

/** The archive is listed once: from then on the catalog knows what lies in it. */
async function* listed({ archive, catalog }: RebuildingDependencies, dryRun: boolean): AsyncGenerator<HistoryDocument> {
  for await (const document of archive.list()) {
    if (!dryRun) await catalog.histories.replaceOne({ _id: document._id }, document, { upsert: true });
    yield document;
  }
}

/** Objects that the catalog lacks are put down as the store has them; how many there are. */
async function compareListing(
  catalog: Catalog,
  store: string,
  container: string,
  page: readonly StoredObject[],
  dryRun: boolean,
): Promise<number> {
  const documents = catalog.documents(container);
  const known = await documents.find({ _id: { $in: page.map(({ key }) => key) } }, { projection: { checksum: 1, size: 1 } }).toArray();
  const byKey = new Map(known.map((document) => [document._id, document]));
  const unknown = page.filter(({ key }) => !byKey.has(key));
  if (dryRun) return unknown.length;
  const first = unknown.length > 0 ? await catalog.allocateNumbers(unknown.length) : 0;
  const writes = page.flatMap((stored): AnyBulkWriteOperation<CatalogDocument>[] => {
    const { key, size, etag, lastModified, contentType } = stored;
    const index = unknown.indexOf(stored);
    const document = byKey.get(key);
    if (index < 0) {
      // No history tells the checksum.
      return document?.checksum === "" && document.size === size
        ? [{ updateOne: { filter: { _id: key }, update: { $set: { checksum: etag } } } }]
        : [];
    }
    const fresh = newDocument({ container, key, store, number: first + index, now: lastModified });
    const seen = { size, checksum: etag, last_modified: lastModified, content_type: contentType ?? "", version: versionOf(stored) };
    return [{ updateOne: { filter: { _id: key }, update: { $setOnInsert: { ...fresh, ...seen } }, upsert: true } }];
  });
  if (writes.length > 0) await documents.bulkWrite(writes, { ordered: false });
  return unknown.length;
}

/** Where no history tells which version of an object was forgotten, it is the one that has been in the store since before. */
async function nameForgotten(catalog: Catalog, store: ObjectStore, container: string, page: readonly StoredObject[]): Promise<void> {
  const documents = catalog.documents(container);
  const nameless = await documents.find({ _id: { $in: page.map(({ key }) => key) }, state: "forgotten", version: "" }).toArray();
  for (const { _id: key, state_since, workflow_id: workflowId = "", run_id: runId = "" } of nameless) {
    // Listings tell no version ids.
    const stored = await store.head(container, key);
    if (!stored || stored.lastModified > state_since) continue;
    const version = versionOf(stored);
    await spendClaims(catalog, [claimId(container, key, version)], { workflowId, runId });
    const known = { version, store: store.name, last_modified: stored.lastModified };
    await documents.updateOne({ _id: key, state: "forgotten" }, { $set: known });
  }
}

async function* pagesOf(objects: AsyncIterable<StoredObject>): AsyncGenerator<readonly StoredObject[]> {
  let page: StoredObject[] = [];
  for await (const object of objects) {
    page.push(object);
    if (page.length < pageSize) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

async function textOf(store: ObjectStore, key: string): Promise<string> {
  const chunks = await Array.fromAsync((await store.get(codeContainer, key)).body);
  return Buffer.concat(chunks).toString("utf8");
}
