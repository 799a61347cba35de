import { executeChild, ParentClosePolicy, scheduleActivity, workflowInfo } from "@temporalio/workflow";
import type { MapPart, MapWindow, StageMember } from "../activities/contract.ts";
import type { TraceStep } from "../sdk/contracts/catalog.ts";
import type { Failure } from "../sdk/contracts/errors.ts";
import { fitWorkflowId } from "../sdk/contracts/ids.ts";
import { fitSummary, subjectOf } from "../sdk/contracts/summaries.ts";
import { tooManyFailed } from "../sdk/interpreter/tolerance.ts";
import type { Settled } from "../sdk/interpreter/settled.ts";
import { nodesInBody } from "../sdk/plan/graph.ts";
import type { MapNode, Plan, PublishedPlan, RetryPolicy } from "../sdk/plan/plan.ts";
import { bookkeeping } from "./bookkeeping.ts";
import { failureOfActivity, tryLocally } from "./dispatch.ts";
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

export type MapOutcome = { readonly settled: Settled; readonly steps: readonly TraceStep[] };
export type MapRange = {
  readonly published: PublishedPlan;
  readonly map: string;
  readonly member: StageMember;
  readonly from: number;
  readonly to: number;
};

/** A map over one object's list, in a run that others wait for: done at once, or not at all where an item fails. */
export async function tryMap(
  published: PublishedPlan,
  node: MapNode,
  member: StageMember,
  length: number,
): Promise<MapOutcome | undefined> {
  const started = Date.now();
  const window = { ...referenceTo(published), map: node.id, member, from: 0, to: length, single: false };
  const part = await mapWindow(window, true, itemsOf(window, published.plan.dag));
  return part.failed.length === 0 ? settleMap(node, length, part, started) : undefined;
}

/** Runs a map over one object's list. */
export async function runMap(published: PublishedPlan, node: MapNode, member: StageMember, length: number): Promise<MapOutcome> {
  const started = Date.now();
  const range = { published, map: node.id, member, from: 0, to: length };
  const inline = length <= inlineMapItems && workflowInfo().historyLength < longHistory;
  return settleMap(node, length, await (inline ? mapWindows(range) : mapChildren(range)), started);
}

async function settleMap(node: MapNode, length: number, part: MapPart, started: number): Promise<MapOutcome> {
  const steps = part.failed.slice(0, 100).map(({ index, failure }): TraceStep => ({
    node: `${node.id}[${index}]`,
    task: failure.task ?? node.id,
    status: "failed",
    mode: "ordinary",
    failure,
  }));
  const refused = tooManyFailed(node, length, part.failed.length, part.failed[0]?.failure);
  const settled: Settled = refused
    ? { status: "failed", failure: refused }
    : { status: "success", value: await bookkeeping.collectMap(part, node.tolerate !== undefined) };
  const step: TraceStep = {
    node: node.id,
    task: node.id,
    status: refused ? "failed" : "success",
    started: new Date(started).toISOString(),
    took: Date.now() - started,
    rows: length,
    ...(refused && { failure: refused }),
  };
  return { settled, steps: [...steps, step] };
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
  for (const part of split(from, to, size)) {
    parts.push(
      await executeChild<typeof mapItems>("mapItems", {
        args: [{ ...range, ...part }],
        workflowId: fitWorkflowId(`${workflowInfo().workflowId}/${map}[${part.from}..${part.to})`),
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        staticSummary: itemsOf({ ...part, map, member: range.member }, published.plan.dag),
      }),
    );
  }
  return bookkeeping.joinMapParts(parts);
}

async function mapWindows(range: MapRange): Promise<MapPart> {
  const { published, map, member, from, to } = range;
  const node = published.plan.nodes.find((candidate): candidate is MapNode => candidate.kind === "map" && candidate.id === map) as MapNode;
  const window = { ...referenceTo(published), map, member };
  // What local activities did is on record only once their workflow task has ended: a kill would repeat several of them.
  const local = to - from <= windowItems;
  const parts: MapPart[] = [];
  for (const bounds of split(from, to, windowItems)) {
    const asked: MapWindow = { ...window, ...bounds, single: false };
    parts.push(await retryFailed(published.plan, node, asked, await mapWindow(asked, local, itemsOf(asked, published.plan.dag))));
  }
  return parts.length === 1 && parts[0] ? parts[0] : bookkeeping.joinMapParts(parts);
}

/** `items 0 to 500 of each-room of campus/u4.json · rooms`. */
function itemsOf({ from, to, map, member }: Pick<MapWindow, "from" | "to" | "map" | "member">, dag: string): string {
  const items = to - from === 1 ? `item ${from}` : `items ${from} to ${to}`;
  return fitSummary(`${items} of ${map} of ${subjectOf([member.object])} · ${dag}`);
}

async function mapWindow(window: MapWindow, local: boolean, summary: string): Promise<MapPart> {
  return (local ? await tryLocally<MapPart>("runMapWindow", window, summary) : undefined) ?? (await runOrdinary(window, summary));
}

/** Each failed item becomes an activity of its own, with the retries of its tasks and its failure for all to see. */
async function retryFailed(plan: Plan, node: MapNode, asked: MapWindow, part: MapPart): Promise<MapPart> {
  const retry = retryOf(plan, node);
  const again = part.failed.filter(({ failure }) => failure.kind === "retryable" && retry.attempts !== 1);
  if (again.length === 0) return part;
  const still: { index: number; failure: Failure }[] = [];
  const mended: MapPart[] = [];
  await inTurn(again, node.concurrency, async ({ index }) => {
    const window: MapWindow = { ...asked, from: index, to: index + 1, single: true };
    try {
      mended.push(
        await scheduleActivity<MapPart>(bodyType(plan, node), [window], {
          startToCloseTimeout: "10 minutes",
          heartbeatTimeout: "15s",
          summary: itemsOf(window, plan.dag),
          retry: {
            initialInterval: retry.initialInterval,
            backoffCoefficient: retry.backoff,
            maximumInterval: retry.maximumInterval,
            ...(retry.attempts > 0 && { maximumAttempts: retry.attempts - 1 }),
          },
        }),
      );
    } catch (error) {
      still.push({ index, failure: { ...failureOfActivity(error), task: bodyType(plan, node) } });
    }
  });
  const kept = part.failed.filter((entry) => !again.includes(entry));
  return bookkeeping.patchMapPart(
    part,
    mended,
    [...kept, ...still].toSorted((one, other) => one.index - other.index),
  );
}

/** Tried until it succeeds: what its items throw is in its result, so it can fail only with its worker. */
function runOrdinary(window: MapWindow, summary: string): Promise<MapPart> {
  return scheduleActivity<MapPart>("runMapWindow", [window], { startToCloseTimeout: "1 hour", heartbeatTimeout: "15s", summary });
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

function split(from: number, to: number, size: number): readonly { readonly from: number; readonly to: number }[] {
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
