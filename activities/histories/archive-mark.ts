import type { Catalog } from "../../infra/catalog.ts";
import { archiveMarks, type HistoryArchive } from "../../infra/histories.ts";
import { terminal } from "../../sdk/contracts/errors.ts";

type Needs = { readonly catalog: Pick<Catalog, "watermarks">; readonly archive: Pick<HistoryArchive, "list"> };
type Queue = { readonly namespace: string; readonly taskQueue: string };

/** The `_id` of the watermark up to which the histories of a task queue are archived. */
export function archiveMark({ namespace, taskQueue }: Queue): string {
  return `archive/${namespace}/${taskQueue}`;
}

/** Archiving has begun, or a rebuild has read all that there is in the archive. */
export async function beginMark({ catalog, ...of }: Pick<Needs, "catalog"> & Queue): Promise<void> {
  await catalog.watermarks.updateOne({ _id: archiveMark(of) }, { $setOnInsert: { at: new Date(0) } }, { upsert: true });
}

/** The mark is made before the first history is archived: an archive without one is that of a catalog that was lost. */
export async function knowsItsPast({ catalog, archive }: Needs): Promise<boolean> {
  if (await catalog.watermarks.findOne(archiveMarks)) return true;
  for await (const _ of archive.list()) return false;
  return true;
}

/** @throws `CATALOG_LOST` (terminal), until a rebuild has come to its end */
export async function assertKnowsItsPast(needs: Needs): Promise<void> {
  if (await knowsItsPast(needs)) return;
  throw terminal(
    "CATALOG_LOST",
    "The catalog knows nothing of the histories in sluice-histories: it was lost, or put back from a backup. Compared with it, all objects would be processed again, forgotten ones too, so nothing is: run `sluice catalog rebuild`, or wait for the one that goes on. `sluice reconcile --now --container NAME` compares a container all the same.",
  );
}
