import type { Arrival, Door } from "../../sdk/contracts/arrival.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import type { ArrivalOutcome } from "../../workflows/contract.ts";

/** An arrival before the journal gave it its id. */
export type NewArrival = Omit<Arrival, "id">;

/** A record of a webhook that cannot be used: kept to be looked at, never run. */
export type RejectedRecord = {
  readonly door: Door;
  readonly container?: string;
  readonly key?: string;
  readonly reason: Failure;
  /** What was sent, cut. */
  readonly record: string;
};

/** Why an arrival waits: for an earlier one of the same object, for its tenant's limits, or for those before it. */
export type Waits =
  | { readonly for: "object"; readonly workflowId: string }
  | { readonly for: "limit"; readonly milliseconds: number; readonly before: number }
  | { readonly for: "turn"; readonly before: number };

/** What the journal knows of one arrival. Times are ISO 8601. */
export type ArrivalRecord =
  | { readonly id: string; readonly state: "waiting"; readonly received: string; readonly arrival: Arrival; readonly waits?: Waits }
  | {
      readonly id: string;
      readonly state: "started";
      readonly received: string;
      readonly arrival: Arrival;
      readonly workflowId: string;
    }
  | {
      readonly id: string;
      readonly state: "closed";
      readonly received: string;
      readonly closed: string;
      readonly arrival: Arrival;
      readonly workflowId: string;
      readonly outcome: ArrivalOutcome;
      readonly reason?: Failure;
    }
  | {
      readonly id: string;
      readonly state: "rejected";
      readonly received: string;
      readonly arrival: Partial<Arrival>;
      readonly record: string;
      readonly reason: Failure;
    };

export type ArrivalState = ArrivalRecord["state"];

/** How one arrival of a closed run ended. */
export type Ending = {
  readonly outcome: ArrivalOutcome;
  /** The workflow that goes on with it: the arrival stays in the journal under that one. */
  readonly successor?: string;
  readonly reason?: Failure;
};

/** A run and the arrivals it was given, in the order in which they came. */
export type Run = {
  readonly workflowId: string;
  readonly arrivals: readonly Arrival[];
  /** True: a workflow started it for an object that left its group; the gateway only watches it. */
  readonly successor: boolean;
};
