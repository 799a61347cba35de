import { Context } from "@temporalio/activity";
import type { Json } from "../../sdk/contracts/json.ts";
import type { Written } from "../../sdk/contracts/receipt.ts";

/**
 * What an ordinary activity leaves to its next attempt, as details of its heartbeats: the task's own position, how
 * many attempts only found that a sink is away (Temporal counts those as well; Sluice does not), what the attempts so far
 * wrote, which of them (as Temporal counts) was the last that could say itself how it ended, and whether anything came to
 * a task of one that failed.
 */
type Progress = {
  readonly position?: Json;
  readonly waited: number;
  readonly wrote?: readonly Written[];
  readonly told?: number;
  readonly touched?: true;
};

const latest = new WeakMap<Context, Progress>();

function progress(context: Context): Progress {
  return latest.get(context) ?? (context.info.heartbeatDetails as Progress | undefined) ?? { waited: 0 };
}

function beat(change: Partial<Progress> = {}): void {
  const context = Context.current();
  const next = { ...progress(context), ...change };
  latest.set(context, next);
  context.heartbeat(next);
}

/** Says that the activity is alive, and what was said before. */
export function beatAlive(): void {
  beat();
}

/** Keeps a position for the next attempt. */
export function beatPosition(position: Json | undefined): void {
  beat(position === undefined ? {} : { position });
}

export function positionBefore(): Json | undefined {
  return progress(Context.current()).position;
}

/** The number of this attempt, from 1, without those that only waited. */
export function countedAttempt(): number {
  const context = Context.current();
  return context.info.attempt - progress(context).waited;
}

/** This attempt found its sink away: it does not count. */
export function countAsWaiting(): void {
  beat({ waited: progress(Context.current()).waited + 1 });
}

/** Keeps what was written so far: the next attempt may write elsewhere. */
export function beatWritten(wrote: readonly Written[]): void {
  beat({ wrote });
}

/** What the attempts before this one wrote. */
export function writtenBefore(): readonly Written[] | undefined {
  return progress(Context.current()).wrote;
}

/** This attempt says itself why it failed; one that is cancelled, since its time is over or its worker stops, says nothing of use. */
export function leaveWord(): void {
  const { info, cancellationSignal } = Context.current();
  if (!info.isLocal && !cancellationSignal.aborted) beat({ told: info.attempt });
}

/** Whether the attempt before this one was cut off: it left no word. */
export function followsSilence(): boolean {
  const { isLocal, attempt } = Context.current().info;
  return !isLocal && attempt > 1 && progress(Context.current()).told !== attempt - 1;
}

/** Something came to a task that failed: it may have written. */
export function beatTouched(): void {
  beat({ touched: true });
}

/** Whether an earlier attempt may have written something before it failed. */
export function touchedBefore(): boolean {
  return followsSilence() || progress(Context.current()).touched === true;
}
