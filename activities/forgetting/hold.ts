import type { Catalog } from "../../infra/catalog.ts";
import type { IsClosed } from "../admission/claim.ts";
import type { RunIdentity } from "../contract.ts";
import type { Held } from "./contract.ts";

type ObjectName = { readonly container: string; readonly key: string };

/** Takes an object as a processing would: runs of it wait until this one has ended. See `ForgettingActivities`. */
export async function holdToForget(
  catalog: Pick<Catalog, "documents">,
  isClosed: IsClosed,
  { container, key }: ObjectName,
  run: RunIdentity,
): Promise<Held> {
  const documents = catalog.documents(container);
  const document = await documents.findOne({ _id: key });
  if (!document) return { status: "unknown" };
  const { swift_object_id, state, workflow_id: holder, run_id, receipts } = document;
  const others = state === "processing" && holder !== undefined && run_id !== undefined && holder !== run.workflowId;
  if (others && !(await isClosed(holder, run_id))) return { status: "busy", holder };
  const ours = { state: "processing", state_since: new Date(), workflow_id: run.workflowId, run_id: run.runId } as const;
  // Only as it was seen: a run that took it meanwhile has it.
  const seen = { swift_object_id, state, run_id: run_id ?? { $exists: false } };
  const { matchedCount } = await documents.updateOne(seen, { $set: ours });
  if (matchedCount === 0) return { status: "busy", holder: holder ?? "" };
  const archives = receipts
    .filter(({ sink }) => sink === "store")
    .map(({ locator }) => ({
      container: String(locator["container"]),
      prefix: String(locator["prefix"]),
      archive: String(locator["archive"]),
    }));
  return { status: "held", archives };
}

/** Members of an archive that the catalog knows; what an uploader put beside them is not the archive's. */
export async function listMembers(
  catalog: Pick<Catalog, "documents">,
  of: { readonly container: string; readonly prefix: string; readonly archive: string },
  after: string | undefined,
  limit: number,
): Promise<readonly string[]> {
  const within = { _id: { $gt: after ?? of.prefix, $lt: `${of.prefix}\u{10FFFF}` } };
  const found = await catalog
    .documents(of.container)
    .find({ $and: [within, { "other_data.sluice-archive": of.archive }] }, { projection: { _id: 1 } })
    .sort({ _id: 1 })
    .limit(limit)
    .toArray();
  return found.map(({ _id }) => _id);
}
