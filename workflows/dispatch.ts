import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  scheduleActivity,
  scheduleLocalActivity,
  TimeoutFailure,
} from "@temporalio/workflow";
import type { StageOutcome, StageResult, StageWork } from "../activities/contract.ts";
import { type Failure, fingerprintOf, waitingCodes } from "../sdk/contracts/errors.ts";
import type { ReadyStage } from "../sdk/interpreter/advance.ts";
import { nodesToRetry } from "../sdk/interpreter/retry.ts";
import { nodeOf } from "../sdk/plan/graph.ts";
import type { Plan, PublishedPlan, TaskSpec } from "../sdk/plan/plan.ts";
import type { PlanOptions } from "./run-plan.ts";

/** What outlives this becomes an ordinary activity. */
const localTimeout = 5_000;
/** Objects above this size are streamed in ordinary activities. */
const localBytes = 1024 * 1024;
/** The engine heartbeats for tasks that do not themselves; a worker that died is noticed after this long. */
const heartbeatTimeout = 15_000;

type Outcomes = { readonly [node: string]: StageOutcome };

export type Ended = { readonly outcomes: Outcomes; readonly mode: "local" | "ordinary" };

/** `parse-csv + influx-points`: the type of a stage's activity, which the UI shows. */
export function activityType(plan: Plan, nodes: readonly string[]): string {
  return nodes.filter((id) => nodeOf(plan, id)?.kind === "task").join(" + ");
}

export function isSmall({ size }: { readonly size: number }): boolean {
  return size <= localBytes;
}

/** Whether nodes may be tried inside the workflow task, without a round trip to the server, which alone keeps a short time-out. */
export function startsLocally(plan: Plan, nodes: readonly string[], bytes: number): boolean {
  return bytes <= localBytes && specsOf(plan, nodes).every(({ heartbeat, timeout }) => heartbeat === undefined && timeout > localTimeout);
}

/** A stage over several objects: locally, else as one ordinary activity. Never throws for a task's failure. */
export async function runForGroup(
  plan: Plan,
  ready: ReadyStage,
  work: Omit<StageWork, "single" | "tried">,
  summary: string,
): Promise<{ readonly results: StageResult; readonly mode: Ended["mode"] }> {
  const bytes = Math.max(...work.members.map(({ object }) => object.size));
  if (startsLocally(plan, ready.nodes, bytes)) {
    const results = await tryStage(plan, { ...work, single: false, tried: 0 }, summary);
    if (results) return { results, mode: "local" };
  }
  const options = optionsOf(plan, work.nodes, summary, "limited");
  try {
    const results = await scheduleActivity<StageResult>(activityType(plan, work.nodes), [{ ...work, single: false, tried: 0 }], options);
    return { results, mode: "ordinary" };
  } catch (error) {
    // Alone, its members have no more attempts than are left.
    const attempt = isExhausted(error) ? options.retry.maximumAttempts : undefined;
    return { results: work.members.map(() => failedOutcomes(error, work.nodes, attempt)), mode: "ordinary" };
  }
}

function isExhausted(error: unknown): boolean {
  return error instanceof ActivityFailure && error.retryState === "MAXIMUM_ATTEMPTS_REACHED";
}

/**
 * A stage over one object: locally first; what failed retryably, or outlived that, becomes an ordinary activity with
 * the retries of its tasks, visible as pending in the UI.
 */
export async function runAlone(
  published: PublishedPlan,
  ready: ReadyStage,
  work: Omit<StageWork, "single" | "tried">,
  summary: string,
  options: Pick<PlanOptions, "triedBefore" | "beforeWaiting">,
): Promise<readonly Ended[]> {
  const { plan } = published;
  const bytes = work.members[0]?.object.size ?? 0;
  const ended: Ended[] = [];
  let nodes = work.nodes;
  const before = ready.nodes.map((id) => options.triedBefore.get(published)?.get(id)).filter((times) => times !== undefined);
  let tried = Math.max(0, ...before);
  let untold = false;
  if (before.length === 0 && startsLocally(plan, ready.nodes, bytes)) {
    const outcomes = (await tryStage(plan, { ...work, single: false, tried: 0 }, summary))?.[0];
    tried = outcomes ? triesIn(outcomes) : 1;
    untold = !outcomes;
    if (outcomes) {
      nodes = nodesToRetry(plan, work.nodes, outcomes, (id) => mayTryAgain(plan, id, outcomes[id]));
      ended.push({ outcomes, mode: "local" });
      if (nodes.length === 0) return ended;
    }
  }
  options.beforeWaiting();
  try {
    const results = await scheduleActivity<StageResult>(
      activityType(plan, nodes),
      [{ ...work, nodes, single: true, tried, untold }],
      optionsOf(plan, nodes, summary, "unlimited"),
    );
    ended.push({ outcomes: results[0] ?? {}, mode: "ordinary" });
  } catch (error) {
    ended.push({ outcomes: failedOutcomes(error, nodes), mode: "ordinary" });
  }
  return ended;
}

/** Does it inside the workflow task; undefined where it takes too long, or its worker cannot. */
export async function tryLocally<Result>(type: string, work: unknown, summary: string): Promise<{ readonly result: Result } | undefined> {
  try {
    const result = await scheduleLocalActivity<Result>(type, [work], {
      startToCloseTimeout: localTimeout,
      scheduleToCloseTimeout: localTimeout,
      retry: { maximumAttempts: 1 },
      summary,
    });
    return { result };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return undefined;
  }
}

/** A stage, by the names of its tasks. */
async function tryStage(plan: Plan, work: StageWork, summary: string): Promise<StageResult | undefined> {
  return (await tryLocally<StageResult>(activityType(plan, work.nodes), work, summary))?.result;
}

/** Whether what was tried once may be tried again: waiting for a sink that is away is no attempt. */
export function mayTryAgain(plan: Plan, id: string, outcome: StageOutcome | undefined): boolean {
  const waits = outcome?.status === "failed" && waitingCodes.has(outcome.failure.code);
  return waits || specsOf(plan, [id])[0]?.retry.attempts !== 1;
}

/** How many attempts one that ended like this counts for. */
function triesIn(outcomes: Outcomes): number {
  const failures = Object.values(outcomes).flatMap((outcome) =>
    outcome.status === "failed" && !outcome.upstream ? [outcome.failure] : [],
  );
  return failures.length > 0 && failures.every(({ code }) => waitingCodes.has(code)) ? 0 : 1;
}

function optionsOf(plan: Plan, nodes: readonly string[], summary: string, attempts: "limited" | "unlimited") {
  const specs = specsOf(plan, nodes);
  const most = (pick: (spec: TaskSpec) => number) => Math.max(...specs.map(pick));
  const heartbeats = specs.map(({ heartbeat }) => heartbeat).filter((heartbeat) => heartbeat !== undefined);
  return {
    startToCloseTimeout: most(({ timeout }) => timeout),
    heartbeatTimeout: heartbeats.length > 0 ? Math.min(...heartbeats) : heartbeatTimeout,
    // How often a node is tried is decided where its failure is known; here only how long to wait in between.
    retry: {
      initialInterval: Math.min(...specs.map(({ retry }) => retry.initialInterval)),
      backoffCoefficient: most(({ retry }) => retry.backoff),
      maximumInterval: most(({ retry }) => retry.maximumInterval),
      ...(attempts === "limited" &&
        specs.every(({ retry }) => retry.attempts > 0) && { maximumAttempts: most(({ retry }) => retry.attempts) }),
    },
    summary,
  };
}

function specsOf(plan: Plan, nodes: readonly string[]): readonly TaskSpec[] {
  return nodes.map((id) => nodeOf(plan, id)).flatMap((node) => (node?.kind === "task" ? (plan.tasks[node.task] ?? []) : []));
}

/** What an activity that failed for good left behind: the outcomes it threw, or one failure for all nodes. */
function failedOutcomes(error: unknown, nodes: readonly string[], attempt = 0): Outcomes {
  if (isCancellation(error)) throw error;
  const cause = causeOf(error);
  if (cause instanceof ApplicationFailure) {
    const known = cause.details?.[0] as Outcomes | undefined;
    if (known && Object.keys(known).length > 0) return known;
  }
  const failure = failureOf(error);
  return Object.fromEntries(
    nodes.map((id) => [
      id,
      {
        status: "failed",
        started: 0,
        took: 0,
        attempt,
        failure: { ...failure, task: id, fingerprint: fingerprintOf(failure.code, id, failure.message) },
      } satisfies StageOutcome,
    ]),
  );
}

/** Why an activity, or a child, failed. @throws what asked for its cancellation */
export function failureOfActivity(error: unknown): Failure {
  if (isCancellation(error)) throw error;
  return failureOf(error);
}

/** A child fails by what failed in it. */
function causeOf(error: unknown): unknown {
  const wraps = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  return wraps && error.cause ? causeOf(error.cause) : error;
}

export function failureOf(error: unknown): Failure {
  const cause = causeOf(error);
  if (cause instanceof TimeoutFailure) {
    const code = "TASK_TIMED_OUT";
    const message = `The task took longer than it may (${cause.timeoutType}), or its worker died. Give it a longer \`timeout\`, or look at the worker's log.`;
    return { code, kind: "retryable", message, fingerprint: fingerprintOf(code, undefined, message) };
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  const terminal = cause instanceof ApplicationFailure && cause.nonRetryable === true;
  const code = (cause instanceof ApplicationFailure ? cause.type : undefined) ?? "ACTIVITY_FAILED";
  return { code, kind: terminal ? "terminal" : "retryable", message, fingerprint: fingerprintOf(code, undefined, message) };
}
