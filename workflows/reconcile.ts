import { ActivityFailure, ApplicationFailure, CancelledFailure, continueAsNew, proxyActivities, upsertMemo } from "@temporalio/workflow";
import type { Activities, LandedPage } from "../activities/contract.ts";
import { listingMemo, type ListingPart, noCounts } from "../sdk/contracts/reconciliation.ts";
import { begin, type Going, publish } from "./bulk.ts";
import type { Comparison, Reconciled, ReconcileInput } from "./contract.ts";
import { runGroups, usualLimits } from "./groups.ts";
import { advance, listingText, withStretch } from "./listing.ts";
import { startTimer } from "./patience.ts";
import { thisRun } from "./run.ts";

/** A container that cannot be listed must not keep the others waiting for ever. */
const { listParts, compareStretch, keepMark } = proxyActivities<Activities>({
  startToCloseTimeout: "30 minutes",
  heartbeatTimeout: "15s",
  retry: { initialInterval: "500ms", backoffCoefficient: 2, maximumInterval: "10s", maximumAttempts: 6 },
});

/** Keys that are listed at once, and while much of it is found. */
const [manyKeys, fewKeys] = [10_000, 1_000];
const muchFound = 500;

/**
 * Compares what the stores list with what the catalog knows, and runs what no webhook announced. By itself it takes
 * the next share of each container; asked for, all of what is meant.
 */
export async function reconcile(input: ReconcileInput = {}): Promise<Reconciled> {
  const { scope, patience, begun } = input;
  const going = begin(begun?.bulk, undefined);
  const limit = patience === undefined ? undefined : startTimer(going, patience);
  const state: { -readonly [name in keyof Comparison]: Comparison[name] } = {
    ...(begun?.comparison ?? { parts: await listParts(scope), counts: noCounts(scope), most: manyKeys }),
  };
  tell(going, state);

  /** What was found before has been started by then: the run that is asked for more objects has none left. */
  async function keepDue(): Promise<void> {
    const { due } = state;
    if (due) await keepMark(due.part, due.mark);
    delete state.due;
  }

  async function page(): Promise<LandedPage> {
    await keepDue();
    const [part, ...others] = state.parts;
    if (!part) return { objects: [] };
    const objects = await compare(part).catch((error: unknown) => {
      state.parts = others.filter(({ store, container }) => store !== part.store || container !== part.container);
      state.counts = { ...state.counts, problems: [...state.counts.problems, problemOf(part, error)] };
      return [];
    });
    tell(going, state);
    const [next] = state.parts;
    return { objects, ...(next && { next: { container: next.container, key: next.after } }) };
  }

  async function compare(part: ListingPart): Promise<LandedPage["objects"]> {
    const stretch = await compareStretch(part, Math.min(state.most, part.budget ?? state.most), thisRun(), scope?.grace);
    const { mark, rest } = advance(part, stretch, new Date().toISOString());
    state.parts = [...(rest ? [rest] : []), ...state.parts.slice(1)];
    state.counts = withStretch(state.counts, stretch);
    state.most = stretch.found.length < muchFound ? manyKeys : fewKeys;
    if (mark) state.due = { part, mark };
    return stretch.found.map(({ object }) => object);
  }

  const end = await runGroups(going, { door: "reconcile", limits: usualLimits, page });
  if (end === "cancelled" && !limit?.isUp) throw new CancelledFailure("Cancelled: nothing more is started; what was started goes on.");
  if (end === "continue") {
    const { cancelled: _cancelled, about: _about, ...bulk } = going;
    return await continueAsNew<typeof reconcile>({ ...input, begun: { bulk, comparison: state } });
  }
  if (going.waiting.length === 0) await keepDue();
  return resultOf(going, state);
}

function tell(going: Going, { counts }: Comparison): void {
  going.about = listingText(counts);
  upsertMemo({ [listingMemo]: counts });
  publish(going, { selected: counts.found });
}

/** What could not be compared makes a Failed run, so that people see it. */
function resultOf({ progress }: Going, { counts }: Comparison): Reconciled {
  const { started, processed, quarantined, failed, other } = progress;
  const result: Reconciled = { ...counts, started, processed, quarantined, failed, other };
  if (counts.problems.length === 0) return result;
  throw ApplicationFailure.create({
    type: "NOT_ALL_COMPARED",
    message: `Not all containers could be compared with their stores: ${counts.problems.join("; ")}`,
    nonRetryable: true,
    details: [result],
  });
}

function problemOf({ store, container }: ListingPart, error: unknown): string {
  const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
  return `${store}:${container}: ${cause instanceof Error ? cause.message : String(cause)}`.slice(0, 500);
}
