import { proxyActivities, upsertMemo } from "@temporalio/workflow";
import type { Activities, LandedPage } from "../activities/contract.ts";
import { listingMemo, type WaitingEntry, type WaitingListCounts } from "../sdk/contracts/reconciliation.ts";
import { begin } from "./bulk.ts";
import type { WaitingListInput } from "./contract.ts";
import { runGroups, usualLimits } from "./groups.ts";
import { startTimer } from "./patience.ts";

const { readWaitingList, strikeOff } = proxyActivities<Activities>({
  startToCloseTimeout: "30 minutes",
  heartbeatTimeout: "15s",
  retry: { initialInterval: "500ms", backoffCoefficient: 2, maximumInterval: "10s", maximumAttempts: 6 },
});

/**
 * Runs what the predecessor's waiting list names. An entry leaves the list once its object was given to a run, and not
 * before; what cannot be run stays, and is told.
 */
export async function waitingList({ patience }: WaitingListInput = {}): Promise<WaitingListCounts> {
  const going = begin(undefined, undefined);
  if (patience !== undefined) startTimer(going, patience);
  let counts: WaitingListCounts = { taken: 0, unknown: 0, examples: [] };
  let started: readonly WaitingEntry[] = [];

  async function strikeOffStarted(): Promise<void> {
    if (started.length > 0) await strikeOff(started);
    counts = { ...counts, taken: counts.taken + started.length };
    started = [];
    upsertMemo({ [listingMemo]: counts });
  }

  async function page(): Promise<LandedPage> {
    await strikeOffStarted();
    const { taken, more, unknown, examples } = await readWaitingList();
    counts = { ...counts, unknown, examples };
    going.about = `${unknown} entries of the waiting list cannot be processed, and stay.`;
    started = taken.map(({ field, swift_id, swift_container }) => ({ field, swift_id, swift_container }));
    return { objects: taken.map(({ object }) => object), ...(more && { next: { container: "", key: "" } }) };
  }

  await runGroups(going, { door: "predecessor", limits: usualLimits, page });
  if (going.waiting.length === 0) await strikeOffStarted();
  return counts;
}
