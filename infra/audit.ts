import type { AuditDocument } from "../sdk/contracts/catalog.ts";
import type { Catalog } from "./catalog.ts";

/** What is said of an action; `at` is now unless it says otherwise. */
export type AuditEntry = Omit<AuditDocument, "_id" | "at"> & { readonly at?: Date };

/** What is said of a reprocessing beside its selection. */
export type AskedFor = Pick<AuditEntry, "action" | "by" | "counts" | "notes">;

/** Under this name it stands in the memo of the run as well, so that its history tells it when the catalog is lost. */
export const auditMemo = "audit";

/**
 * Keeps the record of what somebody had done. `mark` tells this time from others, such as the id of its workflow: the
 * same entry written again changes nothing.
 */
export async function recordAudit(catalog: Pick<Catalog, "audit">, mark: string, entry: AuditEntry): Promise<void> {
  const { at = new Date(), object, ...rest } = entry;
  const _id = object === undefined ? `${entry.action}/${mark}` : `${object}@${entry.action}/${mark}`;
  await catalog.audit.updateOne({ _id }, { $setOnInsert: { ...rest, at, ...(object !== undefined && { object }) } }, { upsert: true });
}
