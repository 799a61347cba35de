import { type StoredObject, versionOf } from "../../infra/stores/object-store.ts";
import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import type { Finding } from "../../sdk/contracts/reconciliation.ts";

const fields = [
  "swift_object_id",
  "store",
  "state",
  "state_since",
  "version",
  "size",
  "checksum",
  "last_modified",
  "reason",
  "workflow_id",
  "run_id",
] as const;

/** What is read of a document to hold it against the listing. A predecessor's has neither state nor version. */
export type Entry = Pick<CatalogDocument, "_id" | "swift_object_id"> & Partial<Pick<CatalogDocument, (typeof fields)[number]>>;
export const entryProjection = Object.fromEntries(fields.map((field) => [field, 1]));

/** `unsure`: listings tell no version ids. `processing`: by a run that may have ended without a word. */
export type Verdict = "known" | "young" | "unsure" | "processing" | Finding;

/** Holds a listed object against its document. What landed, or was taken up, after `recent` is somebody else's. */
export function judge(listed: StoredObject, entry: Entry | undefined, recent: Date): Verdict {
  if (entry && isSame(listed, entry)) return judgeSame(entry, recent);
  if (isFolder(listed)) return "known";
  if (listed.lastModified > recent) return "young";
  if (!entry) return "unannounced";
  // A predecessor's own: its pipelines had it.
  if (entry.state === undefined) return "known";
  return entry.version === "" ? "unannounced" : "unsure";
}

/** The document is about the very version that the store holds. */
export function judgeSame({ state, state_since: since }: Entry, recent: Date): Verdict {
  if (state === "gone") return "returned";
  if (state === "announced") return "unannounced";
  if (state === "processing") return since && since > recent ? "known" : "processing";
  return "known";
}

/**
 * By version, or else by what was noted of it when it was taken in; unless its run has seen that the store holds
 * another one, which may be of the same content and second.
 */
function isSame(listed: StoredObject, { version, checksum, size, last_modified: modified, reason }: Entry): boolean {
  if (!version) return false;
  if (version === versionOf(listed)) return true;
  if (reason?.code === "OBJECT_CHANGED") return false;
  return checksum === listed.etag && size === listed.size && modified?.getTime() === listed.lastModified.getTime();
}

/** As for webhooks: an empty object whose key ends in a slash stands for a folder, and is no content. */
function isFolder({ key, size }: StoredObject): boolean {
  return size === 0 && key.endsWith("/");
}
