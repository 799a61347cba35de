import type { Again, Landed, LandedPage, ObjectRun } from "../activities/contract.ts";
import type { Removed, Unpacked } from "../activities/forgetting/contract.ts";
import type { HistoriesRead, RebuildOptions, StoresRead } from "../activities/rebuilding/contract.ts";
import type { Arrival } from "../sdk/contracts/arrival.ts";
import type { Failure } from "../sdk/contracts/errors.ts";
import type { TraceStep } from "../sdk/contracts/catalog.ts";
import type { ListingCounts, ListingPart, PassMark, ReconciliationScope } from "../sdk/contracts/reconciliation.ts";
import type { Reprocessing } from "../sdk/contracts/selection.ts";
import type { RunState } from "../sdk/interpreter/settled.ts";
import type { PublishedPlan } from "../sdk/plan/plan.ts";

/** The name of the workflow that takes arrivals; also its type in the Temporal UI. */
export const ingest = "ingest";

/** What happened to one arrival, as far as its run knows. `declined`: it could not be done again as was asked, and stays as it was. */
export const arrivalOutcomes = ["processed", "quarantined", "failed", "duplicate", "gone", "declined", "handed-over"] as const;
export type ArrivalOutcome = (typeof arrivalOutcomes)[number];

export type IngestInput = {
  /** One tenant, container and store. */
  readonly arrivals: readonly Arrival[];
  /** Set where objects are processed again in another way than by the plans now in force, from their start. */
  readonly again?: Again;
  /** Set where an object left its group and goes on by itself. */
  readonly handedOver?: HandedOver;
};

/** What an object takes along when it leaves its group: nothing that succeeded is done again. */
export type HandedOver = {
  /** The workflow that it left: its claim is taken over from there. */
  readonly from: string;
  /** The plans it runs, with what has settled; none where it left before anything ran. */
  readonly runs: readonly {
    readonly published: PublishedPlan;
    /** Whether the plan takes the object for `custom` processing. */
    readonly custom?: boolean;
    readonly settled: RunState;
    readonly steps: readonly TraceStep[];
  }[];
};

export type IngestResult = {
  readonly outcomes: readonly {
    /** The arrival's id. */
    readonly arrival: string;
    readonly outcome: ArrivalOutcome;
    /** The workflow that goes on with it, where it was handed over; the run that has it, where it is a duplicate. */
    readonly successor?: string;
    /** The run of the successor that it was handed over to. */
    readonly successorRun?: string;
    readonly reason?: Failure;
  }[];
};

/** Signals of a workflow that runs many objects; it is cancelled as any other. */
export const bulkSignals = { pause: "pause", resume: "resume", throttle: "throttle" } as const;

/** How far a workflow is that runs many objects. */
export type BulkProgress = {
  /** ISO 8601: when it was started, and when this was written. */
  readonly since: string;
  readonly at: string;
  readonly paused: boolean;
  /** Objects a second that it may start; none: as fast as they go. */
  readonly rate?: number;
  /** Objects that are meant, once they are counted. */
  readonly selected?: number;
  readonly started: number;
  readonly processed: number;
  readonly quarantined: number;
  readonly failed: number;
  /** Taken by another run meanwhile, or not in the store any more. */
  readonly other: number;
  /** Why objects were not processed, the most frequent first. */
  readonly failures: readonly BulkFailure[];
};

export type BulkFailure = {
  readonly fingerprint: string;
  readonly code: string;
  readonly message: string;
  readonly count: number;
  /** One of the objects. */
  readonly example: string;
};

/** What a workflow that runs many objects hands on when it continues as new. */
export type Bulk = {
  readonly progress: BulkProgress;
  /** Read, and not started yet. */
  readonly waiting: readonly Landed[];
  /** Where the last page ended; none after the last. */
  readonly next?: LandedPage["next"];
  /** Whether the last page was read. */
  readonly read: boolean;
  /** Objects that go on in runs of their own. */
  readonly open: readonly ObjectRun[];
};

/** How much a workflow does at a time, and before it continues as new. */
export type BulkLimits = {
  /** Groups under way. */
  readonly window: number;
  /** Objects of a group, and their bytes; what is larger than `alone`, or of unknown size, is a group by itself. */
  readonly group: number;
  readonly bytes: number;
  readonly alone: number;
  /** Objects that go on by themselves: while there are more, no group is started. */
  readonly open: number;
  /** Groups until it continues as new. */
  readonly groups: number;
  /** Objects that are read at once. */
  readonly page: number;
};

/** The name of the workflow that processes objects again. */
export const reprocess = "reprocess";

export type ReprocessInput = {
  readonly reprocessing: Reprocessing;
  readonly limits?: Partial<BulkLimits>;
  /** Set where it continues as new. */
  readonly bulk?: Bulk;
};

/** The name of the workflow that forgets objects. */
export const forget = "forget";

export type ForgetInput = {
  readonly objects: readonly { readonly container: string; readonly key: string }[];
  /** The objects in the store go as well. */
  readonly raw: boolean;
  readonly by: string;
  /** Set where a run goes on with the members of an archive. */
  readonly begun?: { readonly archives: readonly Unpacked[]; readonly after?: string; readonly done: ForgetResult };
};

export type ForgetResult = {
  /** Those that the catalog knew, members of archives among them. */
  readonly forgotten: number;
  /** What was removed, over all of them. */
  readonly removed: Removed;
};

/** The name of the workflow that compares the stores' listings with the catalog. */
export const reconcile = "reconcile";

export type ReconcileInput = {
  /** What to compare, whole and now; without it, what is next of each container. */
  readonly scope?: ReconciliationScope;
  /** Milliseconds after which it starts nothing more: the next one goes on. What it started goes on by itself. */
  readonly patience?: number;
  /** Set where it continues as new. */
  readonly begun?: { readonly bulk: Bulk; readonly comparison: Comparison };
};

export type Reconciled = ListingCounts & Pick<BulkProgress, "started" | "processed" | "quarantined" | "failed" | "other">;

/** How far a run of `reconcile` has come. */
export type Comparison = {
  /** Still to be listed. */
  readonly parts: readonly ListingPart[];
  readonly counts: ListingCounts;
  /** Keys that are listed at once: fewer while much is found. */
  readonly most: number;
  /** To be kept once what was found up to there has been started. */
  readonly due?: { readonly part: ListingPart; readonly mark: Partial<PassMark> };
};

export type WaitingListInput = { readonly patience?: number };

/** The name of the workflow that makes a lost catalog anew. */
export const rebuild = "rebuild";

export type RebuildInput = RebuildOptions;
export type RebuildResult = HistoriesRead & StoresRead;
