import { Context } from "@temporalio/activity";
import type { Json } from "../../sdk/contracts/json.ts";
import type { Written } from "../../sdk/contracts/receipt.ts";

/**
 * What an ordinary activity leaves to its next attempt, as details of its heartbeats: the task's own position, how
 * many attempts only found that a sink is away (Temporal counts those as well; Sluice does not), and what the attempts
 * so far wrote.
 */
type Progress = { readonly position?: Json; readonly waited: number; readonly wrote?: readonly Written[] };

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
