import type { Json, JsonObject } from "../contracts/json.ts";
import type { LakeObject, ObjectInfo } from "../contracts/object.ts";
import type { Receipt } from "../contracts/receipt.ts";

/** Writes structured log lines that carry the run, the object and the task by themselves. */
export type TaskLog = {
  debug(message: string, fields?: JsonObject): void;
  info(message: string, fields?: JsonObject): void;
  warn(message: string, fields?: JsonObject): void;
  error(message: string, fields?: JsonObject): void;
};

/** What a task body is given beside its input. */
export type TaskContext = {
  /** Aborted when the run is cancelled, the attempt timed out or the worker stops: pass it to all I/O. */
  readonly signal: AbortSignal;
  readonly log: TaskLog;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The object that the run is about. */
  readonly object: LakeObject;
  readonly run: {
    readonly workflowId: string;
    readonly runId: string;
    readonly dag: string;
    readonly node: string;
    /** In the body of a map: the item's place in the list, from 0; `3/1` in a map within a map. */
    readonly item?: string;
  };
  /** Says that the task is alive, with a position to resume from. Only tasks with `heartbeat` set may call it. */
  heartbeat(position?: Json): void;
  /** The position of the last heartbeat of the attempt before, if there was one. */
  readonly position: Json | undefined;
};

/**
 * The body of an integrator: what it writes is idempotent, it works in bounded memory whatever the number of rows,
 * and it says what it wrote.
 */
export type IntegratorBody = (
  /** Rows as an async iterable, or the one value. */
  input: unknown,
  options: JsonObject,
  context: TaskContext,
) => Promise<Receipt>;

export type Integrator = {
  readonly name: string;
  readonly write: IntegratorBody;
  /** Removes exactly what the receipt speaks of, for this object only; says how much that was. */
  readonly undo: (receipt: Receipt, context: TaskContext) => Promise<number>;
  /**
   * What a write that nobody saw end may have left of an object, as a receipt by which all of it is undone. It is as
   * broad as it must be: options that are not known before a run are null, and other nodes may have written there too.
   */
  readonly suspect: (options: JsonObject, object: ObjectInfo) => Receipt;
};
