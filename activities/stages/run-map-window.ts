import { Context } from "@temporalio/activity";
import pLimit from "p-limit";
import { type Failure, toFailure, waitingCodes } from "../../sdk/contracts/errors.ts";
import type { Json } from "../../sdk/contracts/json.ts";
import type { Written } from "../../sdk/contracts/receipt.ts";
import { type BodyOutcome, runBody, type RunItemStage } from "../../sdk/execution/run-body.ts";
import { runStage } from "../../sdk/execution/run-stage.ts";
import { evaluate, forItem } from "../../sdk/interpreter/values.ts";
import { nodeOf, nodesInBody } from "../../sdk/plan/graph.ts";
import type { MapNode } from "../../sdk/plan/plan.ts";
import { timeoutOf } from "../../sdk/plan/timeouts.ts";
import type { MapPart, MapWindow, StageMember } from "../contract.ts";
import { joinTries, joinWritten } from "../integrators/join-receipts.ts";
import { openLakeObject } from "../objects/lake-object.ts";
import type { WorkArea } from "../work/work-area.ts";
import { beatWritten, countAsWaiting, countedAttempt, writtenBefore } from "./attempts.ts";
import { inTime } from "./deadline.ts";
import { withHeartbeats } from "./heartbeats.ts";
import { partOf } from "./map-parts.ts";
import { applicationFailure, cutOffFailure, stageDependencies, type StageActivityDependencies, tasksOf } from "./run-stage-activity.ts";
import { silentAttempt } from "./silent-attempt.ts";
import { fetchValue } from "./store-value.ts";

/** Runs the body of a map over some of its items, `concurrency` at once; an item that fails or hangs does not stop the others. */
export async function runMapWindow(needs: StageActivityDependencies, window: MapWindow): Promise<MapPart> {
  const published = await needs.library.plan(window);
  const node = nodeOf(published.plan, window.map) as MapNode;
  const tasks = await tasksOf(needs.library, published, nodesInBody(published.plan, node));
  const { member, from, to } = window;
  const list = await listOf(node, member, needs.work);
  const values: Json[] = Array.from({ length: to - from }, () => null);
  const failed: MapPart["failed"][number][] = [];
  const wrote: Written[] = [];
  const before = window.single ? (writtenBefore() ?? window.wrote ?? []) : [];

  if (window.single && window.attempts && countedAttempt() > window.attempts) {
    const failure = cutOffFailure(node.id, window.attempts);
    return partOf(needs, { from, to, failed: [{ index: from, failure }], wrote: before }, values);
  }

  const silent = window.single && window.run !== undefined && silentAttempt(node.id, { tried: 1 });
  if (silent) {
    const { container, key } = member.object;
    await needs.recordAttempts([{ run_id: window.run, container, key, item: `${node.id}[${from}]`, ...silent }]);
  }

  async function work(offset: number): Promise<void> {
    const index = from + offset;
    const outcome = await runItem(index);
    // An item of many that may be tried again has not said its last word.
    const comesAgain = "failure" in outcome && outcome.failure.kind === "retryable" && !window.single;
    if (!comesAgain) wrote.push(...outcome.wrote);
    if ("failure" in outcome)
      failed.push({ index, failure: outcome.failure, ...(comesAgain && outcome.wrote.length > 0 && { wrote: outcome.wrote }) });
    else values[offset] = outcome.value;
  }

  async function runItem(index: number): Promise<BodyOutcome> {
    const environment = forItem(member, node.id, index, list[index] ?? null);
    try {
      return await runBody(published.plan, node.body, environment, runItemStage);
    } catch (error) {
      return { failure: toFailure(error, node.id), wrote: [] };
    }
  }

  const runItemStage: RunItemStage = (request) => {
    const { nodes, environment } = request;
    const { cancellationSignal } = Context.current();
    return inTime(timeoutOf(published.plan, nodes), cancellationSignal, `Item ${environment.item} of ${node.id}`, (signal, late) => {
      const object = openLakeObject(member.object, needs.store(member.object.store), needs.cache, signal);
      return runStage(request, { ...stageDependencies(needs, published, tasks, object, member, 0, signal), late });
    });
  };

  await withHeartbeats(() => pLimit(node.concurrency).map(values.keys(), work));
  failed.sort((one, other) => one.index - other.index);
  await recordAttempts(needs, window, node, failed);
  const written = window.single ? joinTries([wrote, before]) : joinWritten(wrote);
  if (window.single && failed[0]) throwForNextTry(failed[0].failure, window.attempts ?? 0, written);
  return partOf(needs, { from, to, failed, ...(written.length > 0 && { wrote: written }) }, values);
}

/** Keeps the record of what will be tried again. */
async function recordAttempts(
  needs: StageActivityDependencies,
  window: MapWindow,
  node: MapNode,
  failed: MapPart["failed"],
): Promise<void> {
  const { run, single, attempts, member } = window;
  if (run === undefined || attempts === undefined) return;
  const { container, key } = member.object;
  const attempt = single ? countedAttempt() + 1 : 1;
  const again = failed.filter(({ failure }) => isWorthAnother(failure, attempts, single ? attempt - 1 : attempt));
  const at = new Date();
  await needs.recordAttempts(
    again.map(({ index, failure }) => {
      const item = `${node.id}[${index}]`;
      return { run_id: run, container, key, task: failure.task ?? node.id, item, attempt, at, failure };
    }),
  );
}

/** An item that failed for good is said in the part. */
function throwForNextTry(failure: Failure, attempts: number, wrote: readonly Written[]): void {
  if (!isWorthAnother(failure, attempts, countedAttempt())) return;
  beatWritten(wrote);
  if (waitingCodes.has(failure.code)) countAsWaiting();
  throw applicationFailure(failure, {});
}

/** `attempts`: how many there may be, 0 for no limit. */
function isWorthAnother({ kind, code }: Failure, attempts: number, attempt: number): boolean {
  return kind === "retryable" && (waitingCodes.has(code) || attempts === 0 || attempt < attempts);
}

async function listOf(node: MapNode, member: StageMember, work: WorkArea): Promise<readonly Json[]> {
  const wanted: Promise<Json>[] = [];
  evaluate(node.over, member, (elsewhere) => {
    wanted.push(fetchValue(elsewhere, work));
    return null;
  });
  const fetched = await Promise.all(wanted);
  let next = 0;
  return evaluate(node.over, member, () => fetched[next++] ?? null) as readonly Json[];
}
