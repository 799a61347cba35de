/**
 * The two kinds of error: `terminal` (the input is wrong: never retried, the object goes to quarantine) and
 * `retryable` (the world is wrong: a sink is down, a time-out; retried by Temporal).
 */
export const failureKinds = ["terminal", "retryable"] as const;
export type FailureKind = (typeof failureKinds)[number];

/** Where in the input something is wrong. Lines and columns count from 1, rows from 1 without the header. */
export type Place = {
  readonly line?: number;
  readonly column?: number;
  /** JSON pointer (RFC 6901). */
  readonly pointer?: string;
  /** Offset in bytes from the start of the object. */
  readonly offset?: number;
  readonly row?: number;
  /** Name of a field, a column or a member of an archive. */
  readonly field?: string;
  /** Where a task threw what it did not mean to: not in the input but in its code, as `weather.ts:12:5`. */
  readonly source?: string;
};

/** A failure as it is recorded and passed between processes. */
export type Failure = {
  /** Stable, upper snake case: `MALFORMED_JSON`, `SINK_UNAVAILABLE`. */
  readonly code: string;
  readonly kind: FailureKind;
  /** A sentence that a user can act on: what, where, found, expected, what to do. */
  readonly message: string;
  readonly place?: Place;
  /** The task that failed, where one did. */
  readonly task?: string;
  /** Groups alike failures: same code, same task, same message but for its values. */
  readonly fingerprint: string;
  /** The message of the original error. */
  readonly cause?: string;
};

/** An error of Sluice or of a task: has a stable code, and says whether trying again can help. */
export class SluiceError extends Error {
  override readonly name = "SluiceError";
  readonly code: string;
  readonly kind: FailureKind;
  readonly place: Place | undefined;

  constructor(kind: FailureKind, code: string, message: string, options: { place?: Place; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.code = code;
    this.place = options.place;
  }
}

/**
 * The input is wrong: not retried, the object goes to quarantine with this message.
 *
 * @example
 * ```ts
 * import { terminal } from "sluice/sdk";
 * throw terminal("NO_SENSOR", "Row 3 has no sensor: expected a name in the column `sensor`.", { place: { row: 3 } });
 * ```
 */
export function terminal(code: string, message: string, options: { place?: Place; cause?: unknown } = {}): SluiceError {
  return new SluiceError("terminal", code, message, options);
}

/**
 * The world is wrong (a server is away, a time-out): Temporal tries again by the task's retry policy.
 *
 * @example
 * ```ts
 * import { retryable } from "sluice/sdk";
 * export async function ask(url: string): Promise<string> {
 *   const response = await fetch(url);
 *   if (response.status === 503) throw retryable("SERVICE_UNAVAILABLE", `${url} answered 503.`);
 *   return response.text();
 * }
 * ```
 */
export function retryable(code: string, message: string, options: { place?: Place; cause?: unknown } = {}): SluiceError {
  return new SluiceError("retryable", code, message, options);
}

/**
 * Codes of failures that are not the task's: its sink is away (`SINK_AWAY`), or has more to do than its rate limit allows
 * (`SINK_BUSY`), or the store that holds the object and the code is away (`STORE_UNAVAILABLE`). Such an attempt does not
 * count against `retry.attempts`: the task waits for as long as it takes.
 */
export const waitingCodes: ReadonlySet<string> = new Set(["SINK_AWAY", "SINK_BUSY", "STORE_UNAVAILABLE"]);

/** Values that differ between failures of one cause: quoted text, names of objects and files (no JSON pointers), ids, numbers. */
const variable = /"[^"]*"|'[^']*'|`[^`]*`|(?<!\S)[^\s/]+\/\S*|(?<!\S)[^\s/]+\.[a-z0-9]{1,5}\b|\b[0-9a-f]{8,}\b|[-+]?\d[\d.,:eE+-]*/g;

/** `CODE/task/12345678`: code, task and a hash (FNV-1a, 32 bits) of the message without its values. */
export function fingerprintOf(code: string, task: string | undefined, message: string): string {
  let hash = 0x811c9dc5;
  // A key may hold a space.
  for (const character of message.replace(variable, "…").replace(/…( …)+/g, "…")) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return `${code}/${task ?? "-"}/${(hash >>> 0).toString(16).padStart(8, "0")}`;
}

/**
 * Any thrown value as a failure. An error that is not a {@link SluiceError} is retryable: it may be the world.
 * `source` says where in the author's files that was thrown.
 */
export function toFailure(thrown: unknown, task?: string, source?: string): Failure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const known = isSluiceError(error) ? error : undefined;
  const code = known?.code ?? "TASK_THREW";
  const message = known ? error.message : `${error.name}: ${error.message}`;
  const threwAt = known ? undefined : source;
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return {
    code,
    kind: known?.kind ?? "retryable",
    message: threwAt === undefined ? message : `${message} (thrown at ${threwAt})`,
    fingerprint: fingerprintOf(code, task, message),
    ...(known?.place && { place: known.place }),
    ...(threwAt !== undefined && { place: { source: threwAt } }),
    ...(task !== undefined && { task }),
    ...(cause !== undefined && { cause }),
  };
}

/** By shape, not by class: a DAG's bundle and the engine may hold two copies of this module. */
export function isSluiceError(thrown: unknown): thrown is SluiceError {
  return thrown instanceof Error && thrown.name === "SluiceError" && "kind" in thrown && "code" in thrown;
}
