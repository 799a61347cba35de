import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { WorkflowHandle } from "@temporalio/client";
import protocol from "@temporalio/proto";
import type { HistoryDocument } from "../sdk/contracts/catalog.ts";
import { isSluiceError } from "../sdk/contracts/errors.ts";
import type { Catalog } from "./catalog.ts";
import type { ObjectStore, StoredObject } from "./stores/object-store.ts";

export type History = Awaited<ReturnType<WorkflowHandle["fetchHistory"]>>;

const { History: HistoryMessage } = protocol.temporal.api.history.v1;

export const historiesContainer = "sluice-histories";

/** The watermarks of archiving, one for each task queue of each namespace. */
export const archiveMarks = { _id: { $regex: "^archive/" } };

/** A run that has closed, as Temporal lists it. */
export type ClosedRun = {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly status: string;
  readonly closed: Date;
};

export type HistoryArchive = ReturnType<typeof createHistoryArchive>;

/**
 * The histories of closed runs, kept for ever, unless their object is forgotten: in the lake as compressed JSON, by day; in the catalog where each lies.
 * The catalog's part can be made anew from the metadata of the objects.
 */
export function createHistoryArchive(
  store: Pick<ObjectStore, "put" | "get" | "list" | "head" | "delete" | "containers">,
  catalog: Pick<Catalog, "histories" | "forgottenRuns">,
) {
  /** The history first: what the catalog names is there. */
  async function keep(run: ClosedRun, history: History): Promise<HistoryDocument> {
    const content = await promisify(gzip)(historyText(run.workflowId, history));
    const { workflowId, runId, type, status, closed } = run;
    const key = keyOf(closed, runId);
    await store.put(historiesContainer, key, content, {
      size: content.length,
      contentType: "application/gzip",
      metadata: { "workflow-id": workflowId, "workflow-type": type, status, closed: closed.toISOString() },
    });
    const document = { _id: runId, workflow_id: workflowId, type, status, closed, size: content.length, key };
    await catalog.histories.replaceOne({ _id: runId }, document, { upsert: true });
    if ((await forgotten([runId])).length > 0) await remove(runId);
    return document;
  }

  const forgotten = async (runIds: readonly string[]): Promise<readonly string[]> =>
    (await catalog.forgottenRuns.find({ _id: { $in: [...runIds] } }).toArray()).map(({ _id }) => _id);

  /** Temporal takes a minute to delete a run, and lists it meanwhile: it must not be archived again. */
  async function remove(runId: string): Promise<void> {
    await catalog.forgottenRuns.replaceOne({ _id: runId }, { at: new Date() }, { upsert: true });
    const known = await catalog.histories.findOne({ _id: runId });
    if (!known) return;
    // The history first: what the catalog does not name is not found again.
    await store.delete(historiesContainer, known.key);
    await catalog.histories.deleteOne({ _id: runId });
  }

  /** The history of a run, by its key; undefined where the archive does not hold it. */
  async function read(key: string): Promise<History | undefined> {
    try {
      const { body } = await store.get(historiesContainer, key);
      return historyOf(String(await promisify(gunzip)(await buffer(body))));
    } catch (error) {
      if (isSluiceError(error) && error.code === "OBJECT_GONE") return undefined;
      throw error;
    }
  }

  return {
    keep,
    read,
    remove,
    /** Which of these runs were removed, and are not to be kept again. */
    forgotten,
    /** What the archive holds of these runs. */
    find: (runIds: readonly string[]) => catalog.histories.find({ _id: { $in: [...runIds] } }).toArray(),
    /** All it holds of runs that closed on the day of `since` or later, by day; from the store, so without the catalog. */
    async *list(since?: Date): AsyncGenerator<HistoryDocument> {
      const after = since && dayOf(since);
      if (!(await store.containers()).includes(historiesContainer)) return;
      for await (const stored of store.list(historiesContainer, after === undefined ? {} : { after })) {
        // Not all stores tell metadata in their listings.
        const known = "workflow-id" in stored.metadata ? stored : await store.head(historiesContainer, stored.key);
        const document = known && documentOf(known);
        if (document) yield document;
      }
    },
  };
}

/** A history as text: numbers of 64 bits as text, names instead of numbers, bytes as base64. */
function historyText(workflowId: string, history: History): string {
  const plain = HistoryMessage.toObject(HistoryMessage.fromObject(history), { longs: String, enums: String, bytes: String });
  return JSON.stringify({ workflowId, history: plain });
}

function historyOf(text: string): History {
  const { history } = JSON.parse(text) as { readonly history: object };
  return HistoryMessage.fromObject(history);
}

function documentOf({ key, size, metadata }: StoredObject): HistoryDocument | undefined {
  const runId = /([^/]+)\.json\.gz$/.exec(key)?.[1];
  if (runId === undefined) return undefined;
  const { "workflow-id": workflow_id = "", "workflow-type": type = "", status = "", closed = 0 } = metadata;
  return { _id: runId, workflow_id, type, status, closed: new Date(closed), size, key };
}

/** `2026/11/21`. */
function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10).replaceAll("-", "/");
}

function keyOf(closed: Date, runId: string): string {
  return `${dayOf(closed)}/${runId}.json.gz`;
}
