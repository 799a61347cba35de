import { executeChild, ParentClosePolicy, scheduleActivity, workflowInfo } from "@temporalio/workflow";
import type { FailedItem, MapPart, MapWindow, StageMember } from "../activities/contract.ts";
import type { TraceStep } from "../sdk/contracts/catalog.ts";
import { type Failure, fingerprintOf, waitingCodes } from "../sdk/contracts/errors.ts";
import { fitWorkflowId } from "../sdk/contracts/ids.ts";
import { fitSummary, subjectOf } from "../sdk/contracts/summaries.ts";
import { writtenStep } from "../sdk/interpreter/resume.ts";
import { tooManyFailed } from "../sdk/interpreter/tolerance.ts";
import type { Settled } from "../sdk/interpreter/settled.ts";
import { nodesInBody } from "../sdk/plan/graph.ts";
import type { MapNode, Plan, PublishedPlan, RetryPolicy } from "../sdk/plan/plan.ts";
import { timeoutOf } from "../sdk/plan/timeouts.ts";
import { bookkeeping } from "./bookkeeping.ts";
import { failureOfActivity, startsLocally, tryLocally } from "./dispatch.ts";
import { referenceTo } from "./run.ts";

/** Items of one activity: what a kill repeats at most. */
const windowItems = 500;
/** A longer map is divided among children, so that no history grows past its limits, nor what others wait for. */
export const inlineMapItems = windowItems;
/** Items of one child. Should all of them have to be done again by themselves, it takes six events for each. */
const childItems = 1_500;
/** Children of one workflow; a map that needs more gives them ranges that they divide again. */
const maxChildren = 200;
/** Events after which a run gives away maps that it would do itself. */
const longHistory = 4_000;
/** An item that takes too long gives up by itself, and says so; this much later Temporal gives it up. */
const givingUp = 15_000;
/** A dead worker is noticed by its heartbeats long before. */
const leastWindowTimeout = 3_600_000;
/** How many items the maps within an item have is known only as it runs: there each task is held to its own time. */
const nestedTimeout = 30 * 86_400_000;

export type MapOutcome = { readonly settled: Settled; readonly steps: readonly TraceStep[] };
type Bounds = { readonly from: number; readonly to: number };
export type MapRange = {
  readonly published: PublishedPlan;
  readonly map: string;
  readonly member: StageMember;
  readonly from: number;
  readonly to: number;
  /** The run that the map belongs to. */
  readonly run: string;
};

/** A map over one object's list, in a run that others wait for: done at once, or not at all where it takes long or an item fails. */
export async function tryMap(
  published: PublishedPlan,
  node: MapNode,
  member: StageMember,
  length: number,
): Promise<MapOutcome | undefined> {
  const started = Date.now();
  const window = { ...referenceTo(published), map: node.id, member, from: 0, to: length, single: false };
  const part = await tryWindow(published.plan, node, window);
  return part?.failed.length === 0 ? settleMap(published.plan, node, length, part, started) : undefined;
}

/** Runs a map over one object's list. */
export async function runMap(published: PublishedPlan, node: MapNode, member: StageMember, length: number): Promise<MapOutcome> {
  const started = Date.now();
  const range = { published, map: node.id, member, from: 0, to: length, run: workflowInfo().runId };
  const inline = length <= inlineMapItems && workflowInfo().historyLength < longHistory;
  return settleMap(published.plan, node, length, await (inline ? mapWindows(range) : mapChildren(range)), started);
}

async function settleMap(plan: Plan, node: MapNode, length: number, part: MapPart, started: number): Promise<MapOutcome> {
  const { wrote = [], retried = 0, broken } = part;
  // In the order of the plan, whichever item came first.
  const written = plan.nodes.flatMap(({ id }) => wrote.filter((one) => one.node === id).map((one) => writtenStep(plan, one)));
  const fallen = part.failed.slice(0, 100).map(({ index, failure }): TraceStep => ({
    node: `${node.id}[${index}]`,
    task: failure.task ?? node.id,
    status: "failed",
    mode: "ordinary",
    failure,
  }));
  const refused = broken ? brokenAt(node, broken) : tooManyFailed(node, length, part.failed.length, part.failed[0]?.failure);
  const settled: Settled = refused
    ? { status: "failed", failure: refused }
    : { status: "success", value: await bookkeeping.collectMap(part, node.tolerate !== undefined), ...(wrote.length > 0 && { wrote }) };
  const step: TraceStep = {
    node: node.id,
    task: node.id,
    status: refused ? "failed" : "success",
    started: new Date(started).toISOString(),
    took: Date.now() - started,
    rows: length,
    ...((retried > 0 || part.failed.length > 0) && { items: { retried, failed: part.failed.length } }),
    ...(refused && { failure: refused }),
  };
  return { settled, steps: [...written, ...fallen, step] };
}

/** Not an item's failure, but that of the map: its code is gone, say. */
function brokenAt({ id }: MapNode, failure: Failure): Failure {
  return { ...failure, task: id, fingerprint: fingerprintOf(failure.code, id, failure.message) };
}

/** The body of a map over a range of its list; also a workflow, for ranges that are given to children. */
export async function mapItems(range: MapRange): Promise<MapPart> {
  return range.to - range.from <= childItems ? mapWindows(range) : mapChildren(range);
}

/** One child after the other: as many items at once as the author said, and one window at risk. */
async function mapChildren(range: MapRange): Promise<MapPart> {
  const { published, map, from, to } = range;
  const size = Math.max(childItems, Math.ceil((to - from) / maxChildren));
  const parts: MapPart[] = [];
  for (const bounds of split(from, to, size)) {
    const part = await orBroken(
      bounds,
      executeChild<typeof mapItems>("mapItems", {
        args: [{ ...range, ...bounds }],
        workflowId: fitWorkflowId(`${workflowInfo().workflowId}/${map}[${bounds.from}..${bounds.to})`),
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        staticSummary: itemsOf({ ...bounds, map, member: range.member }, published.plan.dag),
      }),
    );
    parts.push(part);
    if (part.broken) break;
  }
  return bookkeeping.joinMapParts(parts);
}

/** What was done before is on record, and is found when it is replaced: so a part that cannot be done ends the map, not the run. */
async function orBroken(bounds: Bounds, part: Promise<MapPart>): Promise<MapPart> {
  try {
    return await part;
  } catch (error) {
    return { ...bounds, values: { inline: [] }, failed: [], broken: failureOfActivity(error) };
  }
}

async function mapWindows(range: MapRange): Promise<MapPart> {
  const { published, map, member, from, to, run } = range;
  const node = published.plan.nodes.find((candidate): candidate is MapNode => candidate.kind === "map" && candidate.id === map) as MapNode;
  const window = { ...referenceTo(published), map, member, run, attempts: retryOf(published.plan, node).attempts };
  // What local activities did is on record only once their workflow task has ended: a kill would repeat several of them.
  const local = to - from <= windowItems;
  const parts: MapPart[] = [];
  for (const bounds of split(from, to, windowItems)) {
    const asked: MapWindow = { ...window, ...bounds, single: false };
    const part = await orBroken(bounds, mapWindow(published.plan, node, asked, local));
    parts.push(part.broken ? part : await retryFailed(published.plan, node, asked, part));
    if (part.broken) break;
  }
  return parts.length === 1 && parts[0] ? parts[0] : bookkeeping.joinMapParts(parts);
}

/** `items 0 to 500 of each-room of campus/u4.json · rooms`. */
function itemsOf({ from, to, map, member }: Pick<MapWindow, "from" | "to" | "map" | "member">, dag: string): string {
  const items = to - from === 1 ? `item ${from}` : `items ${from} to ${to}`;
  return fitSummary(`${items} of ${map} of ${subjectOf([member.object])} · ${dag}`);
}

async function mapWindow(plan: Plan, node: MapNode, window: MapWindow, local: boolean): Promise<MapPart> {
  return (local ? await tryWindow(plan, node, window) : undefined) ?? (await runOrdinary(plan, node, window));
}

/** Inside the workflow task, if that is short. */
async function tryWindow(plan: Plan, node: MapNode, window: MapWindow): Promise<MapPart | undefined> {
  const body = nodesInBody(plan, node).map(({ id }) => id);
  if (!startsLocally(plan, body, window.member.object.size)) return undefined;
  return (await tryLocally<MapPart>("runMapWindow", window, itemsOf(window, plan.dag)))?.result;
}

/** Each failed item becomes an activity of its own, with the retries of its tasks and its failure for all to see. */
async function retryFailed(plan: Plan, node: MapNode, asked: MapWindow, part: MapPart): Promise<MapPart> {
  const retry = retryOf(plan, node);
  const again = part.failed.filter(
    ({ failure }) => failure.kind === "retryable" && (retry.attempts !== 1 || waitingCodes.has(failure.code)),
  );
  if (again.length === 0 && part.failed.every(({ wrote }) => !wrote)) return part;
  const still: FailedItem[] = [];
  const mended: MapPart[] = [];
  await inTurn(again, node.concurrency, async ({ index, wrote }) => {
    // One attempt was made in the window.
    const attempts = retry.attempts === 0 ? 0 : Math.max(1, retry.attempts - 1);
    const window: MapWindow = { ...asked, from: index, to: index + 1, single: true, attempts, ...(wrote && { wrote }) };
    try {
      const item = await scheduleActivity<MapPart>(bodyType(plan, node), [window], {
        startToCloseTimeout: itemTimeout(plan, node) + givingUp,
        heartbeatTimeout: "15s",
        summary: itemsOf(window, plan.dag),
        retry: {
          initialInterval: retry.initialInterval,
          backoffCoefficient: retry.backoff,
          maximumInterval: retry.maximumInterval,
        },
      });
      // Also of one that failed for good, all that its tries wrote is to be found later.
      mended.push(item);
      if (item.failed[0]) still.push({ index, failure: { ...item.failed[0].failure, task: bodyType(plan, node) } });
    } catch (error) {
      still.push({ ...(wrote && { wrote }), index, failure: { ...failureOfActivity(error), task: bodyType(plan, node) } });
    }
  });
  const kept = part.failed.filter((entry) => !again.includes(entry));
  const patched = await bookkeeping.patchMapPart(
    part,
    mended,
    [...kept, ...still].toSorted((one, other) => one.index - other.index),
  );
  return { ...patched, retried: again.length };
}

/** Tried until it succeeds: what its items throw is in its result, so it can fail only with its worker, or for good. */
function runOrdinary(plan: Plan, node: MapNode, window: MapWindow): Promise<MapPart> {
  const rounds = Math.ceil((window.to - window.from) / node.concurrency);
  const startToCloseTimeout = Math.max(leastWindowTimeout, rounds * itemTimeout(plan, node));
  return scheduleActivity<MapPart>("runMapWindow", [window], {
    startToCloseTimeout,
    heartbeatTimeout: "15s",
    summary: itemsOf(window, plan.dag),
  });
}

/** The longest that one item may take. */
function itemTimeout(plan: Plan, node: MapNode): number {
  const body = nodesInBody(plan, node);
  return body.some(({ kind }) => kind === "map") ? nestedTimeout : timeoutOf(plan, body);
}

/** The types of the tasks in a map's body, as an activity type. */
function bodyType(plan: Plan, node: MapNode): string {
  return nodesInBody(plan, node)
    .filter(({ kind }) => kind === "task")
    .map(({ id }) => id)
    .join(" + ");
}

/** The most patient policy of the tasks in the body. */
function retryOf(plan: Plan, node: MapNode): RetryPolicy {
  const policies = nodesInBody(plan, node).flatMap((inner) => (inner.kind === "task" ? (plan.tasks[inner.task]?.retry ?? []) : []));
  const most = (pick: (policy: RetryPolicy) => number) => Math.max(...policies.map(pick));
  const unlimited = policies.some(({ attempts }) => attempts === 0);
  return {
    attempts: unlimited ? 0 : most(({ attempts }) => attempts),
    initialInterval: Math.min(...policies.map(({ initialInterval }) => initialInterval)),
    backoff: most(({ backoff }) => backoff),
    maximumInterval: most(({ maximumInterval }) => maximumInterval),
  };
}

function split(from: number, to: number, size: number): readonly Bounds[] {
  return Array.from({ length: Math.ceil((to - from) / size) }, (_, index) => ({
    from: from + index * size,
    to: Math.min(to, from + (index + 1) * size),
  }));
}

/** Like `Promise.all` over a list, but only some at once. */
async function inTurn<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const open = items.entries();
  await Promise.all(
    Array.from({ length: Math.min(atOnce, items.length) }, async () => {
      for (const [index, item] of open) results[index] = await work(item);
    }),
  );
  return results;
}
