import { continueAsNew, proxyActivities, setCurrentDetails } from "@temporalio/workflow";
import type { Activities, ArchiveWindow } from "../activities/contract.ts";

export type ArchiveInput = {
  /** How far to look back beyond the last time, in milliseconds: Temporal lists runs late, at times. */
  readonly overlap: number;
  /** Runs that are looked at in one activity, and such pages in one run of this workflow. */
  readonly pageSize?: number;
  readonly pages?: number;
  /** Set where a run goes on with what another began. */
  readonly begun?: { readonly window: ArchiveWindow; readonly after?: string; readonly done: ArchiveResult };
};

export type ArchiveResult = { readonly archived: number; readonly lost: number };

const { openArchiveWindow, archiveHistories, closeArchiveWindow } = proxyActivities<Activities>({
  startToCloseTimeout: "30 minutes",
  heartbeatTimeout: "1 minute",
  retry: { maximumInterval: "1 minute" },
});

/** Puts the histories of runs that have closed since the last time into the lake, where they stay for ever. */
export async function archive(input: ArchiveInput): Promise<ArchiveResult> {
  const { overlap, pageSize = 500, pages = 100, begun } = input;
  const window = begun?.window ?? (await openArchiveWindow(overlap));
  let { archived, lost } = begun?.done ?? { archived: 0, lost: 0 };
  let after = begun?.after;
  for (let looked = 0; looked < pages; looked++) {
    const page = await archiveHistories(window, pageSize, after);
    archived += page.archived;
    lost += page.lost;
    after = page.next;
    setCurrentDetails(`${archived} histories of runs that closed between ${window.from} and ${window.to}`);
    if (after === undefined) {
      await closeArchiveWindow(window);
      return { archived, lost };
    }
  }
  return await continueAsNew<typeof archive>({
    ...input,
    begun: { window, ...(after !== undefined && { after }), done: { archived, lost } },
  });
}
