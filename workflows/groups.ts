import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  type ChildWorkflowHandle,
  condition,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from "@temporalio/workflow";
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from "@temporalio/common";
import type { Again, Landed, LandedPage } from "../activities/contract.ts";
import type { Arrival, Door } from "../sdk/contracts/arrival.ts";
import type { Failure } from "../sdk/contracts/errors.ts";
import { fitWorkflowId, groupWorkflowId, objectWorkflowId } from "../sdk/contracts/ids.ts";
import { bulkPriority } from "../sdk/contracts/priority.ts";
import { fitSummary, subjectOf } from "../sdk/contracts/summaries.ts";
import { workflowTaskTimeout } from "../sdk/contracts/workflow-task.ts";
import { bookkeeping } from "./bookkeeping.ts";
import { failureOf } from "./dispatch.ts";
import { type Ended, type Going, publish, tally } from "./bulk.ts";
import type { BulkLimits, IngestInput, IngestResult } from "./contract.ts";
import { ingest } from "./ingest.ts";

export const usualLimits: BulkLimits = {
  window: 8,
  group: 200,
  bytes: 16 * 1024 * 1024,
  alone: 1024 * 1024,
  open: 500,
  groups: 200,
  page: 500,
};

/** Events after which it continues as new, whatever the server suggests. */
const longHistory = 5_000;
/** How often objects that go on by themselves are looked at, in seconds. */
const [soon, late] = [0.5, 15];
/** How long a cancelled workflow waits for the groups that it started. */
const lastPatience = "10s";

export type GroupsOptions = {
  readonly door: Door;
  readonly again?: Again;
  /** The objects, page by page. */
  readonly page: (after: LandedPage["next"]) => Promise<LandedPage>;
  readonly limits: BulkLimits;
};

/**
 * Runs objects as groups, each a child workflow `ingest`: some at a time, no faster than is allowed, paused and
 * cancelled from outside, and counts how each of them ended. Histories stay bounded: `continue` asks to go on with the
 * same state in a run of its own.
 */
export function runGroups(going: Going, options: GroupsOptions): Promise<"done" | "cancelled" | "continue"> {
  // Cancelled, it starts nothing more; what it started goes on.
  return CancellationScope.nonCancellable(() => runAll(going, options));
}

async function runAll(going: Going, options: GroupsOptions): Promise<"done" | "cancelled" | "continue"> {
  const { limits } = options;
  const underway = new Set<string>();
  let groups = 0;
  let over = false;
  const watched = watchOpen(going, () => over);
  const isFull = () => groups >= limits.groups || isLong();
  const mayStart = () => !going.progress.paused && underway.size < limits.window && going.open.length < limits.open;

  while (!going.cancelled && !isFull()) {
    await condition(() => going.cancelled || isFull() || mayStart());
    if (going.cancelled || isFull()) break;
    if (going.waiting.length === 0) {
      if (going.read) break;
      await readPage(going, options);
      continue;
    }
    groups += 1;
    const group = takeGroup(going, limits);
    const { rate } = going.progress;
    await startGroup(going, group, options, underway);
    if (rate !== undefined) await condition(() => going.cancelled || going.progress.rate !== rate, (group.length / rate) * 1_000);
  }
  await condition(() => underway.size === 0 || going.cancelled);
  if (going.cancelled) await condition(() => underway.size === 0, lastPatience);
  const isDone = () => going.read && going.waiting.length === 0;
  if (isDone()) await condition(() => going.open.length === 0 || going.cancelled || isLong());
  over = true;
  await watched;
  if (going.cancelled) return "cancelled";
  return isDone() && going.open.length === 0 ? "done" : "continue";
}

function isLong(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > longHistory;
}

async function readPage(going: Going, { page }: GroupsOptions): Promise<void> {
  const first = going.next === undefined && going.progress.started === 0;
  const { objects, next } = await page(going.next);
  going.waiting = objects;
  going.next = next;
  going.read = next === undefined;
  // Whoever asked for few objects need not have them counted.
  if (first && going.read) publish(going, { selected: objects.length });
}

/** The first objects in a row that may share a run. */
function takeGroup(going: Going, { group, bytes, alone }: BulkLimits): readonly Landed[] {
  const { waiting, progress } = going;
  const [first] = waiting;
  // About one group a second where it is held back.
  const most = Math.min(group, Math.max(1, Math.ceil(progress.rate ?? Infinity)));
  const isAlone = ({ size }: Landed) => size === undefined || size > alone;
  let [count, sum] = [0, 0];
  for (const one of waiting) {
    sum += one.size ?? 0;
    const joins = one.container === first?.container && one.store === first.store && one.tenant === first.tenant;
    if (count > 0 && (!joins || isAlone(one) || count === most || sum > bytes)) break;
    count += 1;
    if (isAlone(one)) break;
  }
  going.waiting = waiting.slice(count);
  return waiting.slice(0, count);
}

async function startGroup(going: Going, group: readonly Landed[], options: GroupsOptions, underway: Set<string>): Promise<void> {
  const { started } = going.progress;
  const time = new Date().toISOString();
  const arrivals = group.map((one, index): Arrival => ({
    ...one,
    id: `${workflowInfo().workflowId}-${started + index + 1}`,
    time,
    door: options.door,
  }));
  publish(going, { started: started + group.length });
  const [first] = arrivals as [Arrival];
  const alone = arrivals.length === 1;
  const workflowId = alone
    ? objectWorkflowId(first.container, first.key, first.id)
    : groupWorkflowId(first.container, first.id, arrivals.length);
  underway.add(workflowId);
  const starting = startChild(ingest, {
    args: [{ arrivals, ...(options.again && { again: options.again }) } satisfies IngestInput],
    workflowId,
    workflowIdReusePolicy: "REJECT_DUPLICATE",
    parentClosePolicy: ParentClosePolicy.ABANDON,
    cancellationType: ChildWorkflowCancellationType.ABANDON,
    workflowTaskTimeout: workflowTaskTimeout(arrivals.length),
    priority: bulkPriority(first.tenant),
    staticSummary: fitSummary(subjectOf(arrivals)),
    staticDetails: `Started by \`${workflowInfo().workflowId}\`.`,
    searchAttributes: {
      SluiceContainer: [first.container],
      SluiceTenant: [first.tenant],
      ...(alone && { SluiceObject: [fitWorkflowId(`${first.container}/${first.key}`)] }),
    },
  });
  const child = await starting.catch(wasStarted);
  if (child) void settle(going, arrivals, child).finally(() => underway.delete(workflowId));
  else {
    underway.delete(workflowId);
    tally(
      going,
      arrivals.map(({ container, key }) => ({ outcome: "duplicate", object: `${container}/${key}` })),
    );
  }
}

/** A run of this workflow that was reset finds what it had started: that is counted no more, and not done twice. */
function wasStarted(error: unknown): undefined {
  if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
}

type Outcome = IngestResult["outcomes"][number];

/** Counts the objects of a group once it has closed; those that left it are looked after. */
async function settle(going: Going, arrivals: readonly Arrival[], child: ChildWorkflowHandle<typeof ingest>): Promise<void> {
  const result = await resultOf(child);
  const outcomes = "outcomes" in result ? new Map(result.outcomes.map((one) => [one.arrival, one])) : undefined;
  const untold: Outcome = { arrival: "", outcome: "failed", ...("failure" in result && { reason: result.failure }) };
  const ended: Ended[] = [];
  for (const { id, container, key } of arrivals) {
    const { outcome, reason, successor, successorRun } = outcomes?.get(id) ?? untold;
    if (outcome === "handed-over" && successor && successorRun)
      going.open = [...going.open, { workflowId: successor, runId: successorRun, container, key }];
    else ended.push({ outcome, object: `${container}/${key}`, ...(reason && { reason }) });
  }
  tally(going, ended);
}

/** A run of one object that failed says all the same how it ended. */
async function resultOf(child: ChildWorkflowHandle<typeof ingest>): Promise<IngestResult | { readonly failure: Failure }> {
  try {
    return await child.result();
  } catch (error) {
    const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
    const said = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
    return isResult(said) ? said : { failure: failureOf(error) };
  }
}

function isResult(said: unknown): said is IngestResult {
  return typeof said === "object" && said !== null && "outcomes" in said && Array.isArray(said.outcomes);
}

/** Looks, less and less often, how objects ended that go on in runs of their own. */
async function watchOpen(going: Going, isOver: () => boolean): Promise<void> {
  for (let pause = soon; !isOver();) {
    await condition(() => isOver() || going.open.length > 0);
    if (await condition(isOver, pause * 1_000)) return;
    const runs = going.open;
    if (runs.length === 0) continue;
    const ends = await bookkeeping.outcomesOfRuns(runs);
    const ended = runs.flatMap(({ container, key }, index): Ended[] => {
      const end = ends[index];
      return end ? [{ outcome: end.outcome, object: `${container}/${key}`, ...(end.reason && { reason: end.reason }) }] : [];
    });
    going.open = going.open.filter((run) => !ends[runs.indexOf(run)]);
    if (ended.length > 0) tally(going, ended);
    pause = ended.length > 0 ? soon : Math.min(late, pause * 1.5);
  }
}
