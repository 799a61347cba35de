import { CancellationScope, defineSignal, setCurrentDetails, setHandler, upsertMemo } from "@temporalio/workflow";
import type { Failure } from "../sdk/contracts/errors.ts";
import { progressMemo } from "../sdk/contracts/progress.ts";
import { type ArrivalOutcome, type Bulk, type BulkFailure, type BulkProgress, bulkSignals } from "./contract.ts";

/** Failures that are told apart; a memo is small. */
const mostFailures = 20;
const longestMessage = 400;

/** The state of a workflow that runs many objects, while it goes. */
export type Going = { -readonly [name in keyof Bulk]: Bulk[name] } & {
  cancelled: boolean;
  /** What people are told beside the counts. */
  about?: string;
};

/**
 * Makes the state of this run, and lets it be paused, resumed, throttled and cancelled. To be called first: signals
 * may have come already.
 */
export function begin(bulk: Bulk | undefined, rate: number | undefined): Going {
  const now = new Date().toISOString();
  const counts = { started: 0, processed: 0, quarantined: 0, failed: 0, other: 0 };
  const fresh: Bulk = {
    progress: { since: now, at: now, paused: false, ...(rate !== undefined && { rate }), ...counts, failures: [] },
    waiting: [],
    read: false,
    open: [],
  };
  const going: Going = { ...(bulk ?? fresh), cancelled: false };
  const change = (progress: Partial<BulkProgress>) => publish(going, progress);
  setHandler(defineSignal(bulkSignals.pause), () => change({ paused: true }));
  setHandler(defineSignal(bulkSignals.resume), () => change({ paused: false }));
  setHandler(defineSignal<[number | undefined]>(bulkSignals.throttle), (objects) => change({ rate: objects ?? undefined }));
  CancellationScope.current().cancelRequested.catch(() => {
    going.cancelled = true;
  });
  publish(going, {});
  return going;
}

/** Says how far it is: in the memo for programs, in the details for people. */
export function publish(going: Going, progress: Partial<BulkProgress>): void {
  going.progress = { ...going.progress, ...progress, at: new Date().toISOString() };
  upsertMemo({ [progressMemo]: going.progress });
  setCurrentDetails(detailsOf(going));
}

export type Ended = { readonly outcome: ArrivalOutcome; readonly reason?: Failure; readonly object: string };

/** Counts objects by how they ended. What was handed over has not ended. */
export function tally(going: Going, ended: readonly Ended[]): void {
  const { progress } = going;
  const count = (...outcomes: readonly ArrivalOutcome[]) => ended.filter(({ outcome }) => outcomes.includes(outcome)).length;
  publish(going, {
    processed: progress.processed + count("processed"),
    quarantined: progress.quarantined + count("quarantined"),
    failed: progress.failed + count("failed", "declined"),
    other: progress.other + count("duplicate", "gone"),
    failures: ended.reduce(withFailure, progress.failures),
  });
}

function withFailure(failures: readonly BulkFailure[], { outcome, reason, object }: Ended): readonly BulkFailure[] {
  if (!reason || outcome === "gone" || outcome === "duplicate") return failures;
  const { fingerprint, code, message } = reason;
  const known = failures.find((one) => one.fingerprint === fingerprint);
  if (!known && failures.length === mostFailures) return failures;
  const others = failures.filter((one) => one !== known);
  const fresh = { fingerprint, code, message: message.slice(0, longestMessage), count: 0, example: object };
  return [...others, { ...(known ?? fresh), count: (known?.count ?? 0) + 1 }].sort((one, other) => other.count - one.count);
}

function detailsOf({ progress, open, cancelled, about }: Going): string {
  const { selected, started, processed, quarantined, failed, other, rate, paused, failures } = progress;
  const done = processed + quarantined + failed + other;
  const pace = rate === undefined ? "" : `, no more than ${rate} objects a second`;
  return [
    ...(about === undefined ? [] : [about]),
    `${cancelled ? "Cancelled" : paused ? "Paused" : "Running"}${pace}: **${done} of ${selected ?? "?"}** objects are done, ${started - done} under way.`,
    `${processed} processed, ${quarantined} quarantined, ${failed} failed, ${other} taken by other runs or gone${open.length > 0 ? `; ${open.length} go on in runs of their own` : ""}.`,
    ...failures.map(({ count, message, example, fingerprint }) => `- ${count} × ${message} (\`${fingerprint}\`, e.g. \`${example}\`)`),
  ].join("\n\n");
}
