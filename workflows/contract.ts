import type { Arrival } from "../sdk/contracts/arrival.ts";
import type { Failure } from "../sdk/contracts/errors.ts";
import type { TraceStep } from "../sdk/contracts/catalog.ts";
import type { RunState } from "../sdk/interpreter/settled.ts";
import type { PublishedPlan } from "../sdk/plan/plan.ts";

/** The name of the workflow that takes arrivals; also its type in the Temporal UI. */
export const ingest = "ingest";

/** What happened to one arrival, as far as its run knows. */
export const arrivalOutcomes = ["processed", "quarantined", "failed", "duplicate", "gone", "handed-over"] as const;
export type ArrivalOutcome = (typeof arrivalOutcomes)[number];

export type IngestInput = {
  /** One tenant, container and store. */
  readonly arrivals: readonly Arrival[];
  /** Set where an object left its group and goes on by itself. */
  readonly handedOver?: HandedOver;
};

/** What an object takes along when it leaves its group: nothing that succeeded is done again. */
export type HandedOver = {
  /** The workflow that it left: its claim is taken over from there. */
  readonly from: string;
  /** The plans it runs, with what has settled; none where it left before anything ran. */
  readonly runs: readonly { readonly published: PublishedPlan; readonly settled: RunState; readonly steps: readonly TraceStep[] }[];
};

export type IngestResult = {
  readonly outcomes: readonly {
    /** The arrival's id. */
    readonly arrival: string;
    readonly outcome: ArrivalOutcome;
    /** The workflow that goes on with it, where it was handed over; the run that has it, where it is a duplicate. */
    readonly successor?: string;
    readonly reason?: Failure;
  }[];
};
