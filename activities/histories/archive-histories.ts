import pLimit from "p-limit";
import type { Executions, RunPage } from "../../infra/executions.ts";
import type { ClosedRun, HistoryArchive } from "../../infra/histories.ts";
import type { Catalog } from "../../infra/catalog.ts";
import type { ArchivePage, ArchiveWindow } from "../contract.ts";
import { archiveMark, beginMark, knowsItsPast } from "./archive-mark.ts";

export type ArchiveDependencies = {
  readonly catalog: Pick<Catalog, "watermarks">;
  readonly executions: Executions;
  readonly archive: HistoryArchive;
  /** What the watermark is named by: one for each task queue of each namespace. */
  readonly namespace: string;
  readonly taskQueue: string;
  readonly warn: (fields: object, message: string) => void;
};

/** Histories that are fetched at once: bounded in memory whatever there is to do. */
const atOnce = 4;

/** What is to be looked at: from the last time on, and some time before that, to now. */
export async function openArchiveWindow(
  needs: Pick<ArchiveDependencies, "catalog" | "archive" | "namespace" | "taskQueue">,
  overlap: number,
  now = new Date(),
): Promise<ArchiveWindow> {
  const last = await needs.catalog.watermarks.findOne({ _id: archiveMark(needs) });
  if (!last && (await knowsItsPast(needs))) await beginMark(needs);
  return { from: new Date(Math.max(0, (last?.at.getTime() ?? 0) - overlap)).toISOString(), to: now.toISOString() };
}

/** Without a mark, which a lost catalog lacks until it is rebuilt, the next time begins at the beginning as well. */
export async function closeArchiveWindow(
  { catalog, ...of }: Pick<ArchiveDependencies, "catalog" | "namespace" | "taskQueue">,
  { to }: ArchiveWindow,
): Promise<void> {
  await catalog.watermarks.updateOne({ _id: archiveMark(of) }, { $set: { at: new Date(to) } });
}

/** Archives what the archive does not hold yet of a page of closed runs; see `Activities.archiveHistories`. */
export async function archiveHistories(
  needs: ArchiveDependencies,
  window: ArchiveWindow,
  pageSize: number,
  after?: string,
): Promise<ArchivePage> {
  const { executions, archive, taskQueue, warn } = needs;
  const range = { from: new Date(window.from), to: new Date(window.to) };
  const page = await executions.closed({ taskQueue, ...range, limit: pageSize, ...(after !== undefined && { after }) });
  const open = await unknownOf(archive, page);
  const lost: ClosedRun[] = [];
  const limit = pLimit(atOnce);
  const keeping = limit.map(open, async (run) => {
    const history = await executions.history(run.workflowId, run.runId);
    if (history) await archive.keep(run, history);
    else lost.push(run);
  });
  await keeping.finally(() => limit.clearQueue());
  if (lost.length > 0) warn({ runs: lost.slice(0, 20) }, `${lost.length} runs had left Temporal before they were archived`);
  return { archived: open.length - lost.length, lost: lost.length, ...(page.next !== undefined && { next: page.next }) };
}

async function unknownOf(archive: HistoryArchive, { runs }: RunPage): Promise<readonly ClosedRun[]> {
  if (runs.length === 0) return [];
  const ids = runs.map(({ runId }) => runId);
  const [archived, forgotten] = await Promise.all([archive.find(ids), archive.forgotten(ids)]);
  const known = new Set([...archived.map(({ _id }) => _id), ...forgotten]);
  return runs.filter(({ runId }) => !known.has(runId));
}
