import type { AuditDocument } from "../sdk/contracts/catalog.ts";
import type { Catalog } from "./catalog.ts";

/** What is said of an action; `at` is now unless it says otherwise. */
export type AuditEntry = Omit<AuditDocument, "_id" | "at"> & { readonly at?: Date };

/**
 * Keeps the record of what somebody had done. `mark` tells this time from others, such as the id of its workflow: the
 * same entry written again changes nothing.
 */
export async function recordAudit(catalog: Pick<Catalog, "audit">, mark: string, entry: AuditEntry): Promise<void> {
  const { at = new Date(), object, ...rest } = entry;
  const _id = object === undefined ? `${entry.action}/${mark}` : `${object}@${entry.action}/${mark}`;
  await catalog.audit.updateOne({ _id }, { $setOnInsert: { ...rest, at, ...(object !== undefined && { object }) } }, { upsert: true });
}
