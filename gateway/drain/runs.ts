import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import type { IngestResult } from "../../workflows/contract.ts";

/** How a run ended. */
export type RunEnd =
  | { readonly kind: "result"; readonly result: IngestResult }
  /** Closed without a result: failed, timed out, terminated, cancelled. */
  | { readonly kind: "failed"; readonly reason: Failure }
  /** The server knows no such run (any more). */
  | { readonly kind: "unknown" };

/** What the drain asks of Temporal. Both throw when the server cannot be asked. */
export type RunStarter = {
  /** Does nothing where a run of that id was started before, closed or not. */
  start(workflowId: string, arrivals: readonly Arrival[]): Promise<void>;
  /** Resolves when the run has closed, through continue-as-new; throws when the signal is aborted. */
  closed(workflowId: string, signal: AbortSignal): Promise<RunEnd>;
};

/** The few methods of a logger that the gateway uses (pino's own order of arguments). */
export type Log = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};
