/** The engine's activities as the workflows call them. Types only: workflows never import their code. */
import type { Arrival } from "../sdk/contracts/arrival.ts";
import type { ResultsDocument, TraceDocument } from "../sdk/contracts/catalog.ts";
import type { Failure } from "../sdk/contracts/errors.ts";
import type { Json } from "../sdk/contracts/json.ts";
import type { ObjectInfo } from "../sdk/contracts/object.ts";
import type { Receipt, Written } from "../sdk/contracts/receipt.ts";
import type { ListingPart, PassMark, ReconciliationScope, Stretch, WaitingEntry, WaitingList } from "../sdk/contracts/reconciliation.ts";
import type { RunState, Stored, WorkReference } from "../sdk/interpreter/settled.ts";
import type { Reprocessing, Selection } from "../sdk/contracts/selection.ts";
import type { PublishedPlan } from "../sdk/plan/plan.ts";

/** How objects are processed again: by which plans, and from which node on; what came before it is kept. */
export type Again = Pick<Reprocessing, "plan" | "from">;

/** The run that asks. `takesOver` names the run whose claims it continues. */
export type RunIdentity = { readonly workflowId: string; readonly runId: string; readonly takesOver?: string };

export type Admission = {
  /** In the order of the arrivals. */
  readonly members: readonly Admitted[];
  /** The plans that the members' `plans` name: by hash, or by hash and code where they are those of then. */
  readonly plans: { readonly [hash: string]: PublishedPlan };
};

export type Admitted = { readonly arrival: string } & (
  | {
      readonly status: "admitted";
      readonly object: ObjectInfo;
      /** How the type was settled. */
      readonly typeBy: string;
      /** Which of the admission's plans to run, in order. */
      readonly plans: readonly string[];
      /** Those of them that take it for `custom` processing, and run before the others. */
      readonly custom?: readonly string[];
      /** By plan: what settled in an earlier run and is kept. */
      readonly kept?: { readonly [plan: string]: RunState };
      readonly claimed: string;
      /** What an earlier processing of the object wrote. */
      readonly previous: readonly Receipt[];
    }
  /** Another run has this very version, or had it. */
  | { readonly status: "duplicate"; readonly holder: string }
  /** This very run has closed it before, and died before it could say so. */
  | { readonly status: "closed"; readonly outcome: "processed" | "quarantined" | "failed"; readonly failure?: Failure }
  /** A run is still busy with an older version. */
  | { readonly status: "busy"; readonly holder: string }
  /** The store does not hold it: not yet, or not any more. */
  | { readonly status: "gone"; readonly failure: Failure }
  /** It cannot be processed again in the way that was asked for: it stays as it was. */
  | { readonly status: "declined"; readonly failure: Failure }
  /** It cannot be processed, whatever the DAG: its content contradicts its type, say. */
  | {
      readonly status: "refused";
      readonly object: ObjectInfo;
      readonly failure: Failure;
      readonly claimed: string;
      readonly previous: readonly Receipt[];
    }
);

/** The plan that a run began with, by its hash, and the code of its tasks: a file may change its code and keep its plan. */
export type PlanReference = { readonly plan: string; readonly code: PublishedPlan["code"]; readonly dag: string };

/** One stage for some objects of one plan. */
export type StageWork = PlanReference & {
  readonly nodes: readonly string[];
  readonly cases: { readonly [match: string]: number };
  /** True: throw the first failure that is worth a retry, so that Temporal retries it and people see it pending. */
  readonly single: boolean;
  /** How often the stage was tried before this activity, locally or in a group. */
  readonly tried: number;
  /** The last of these tries was cut off: its workflow task could not wait for it. */
  readonly untold?: boolean;
  readonly members: readonly StageMember[];
};

export type StageMember = {
  readonly object: ObjectInfo;
  /** What the nodes' inputs need of what has settled. */
  readonly settled: RunState;
  readonly items: { readonly [map: string]: Json };
  /** An earlier processing of the object wrote something that this one is to replace. */
  readonly replaces: boolean;
};

/** How a node ended in a stage. `started` is milliseconds since 1970, `took` milliseconds. */
export type StageOutcome = { readonly started: number; readonly took: number; readonly attempt: number } & (
  | { readonly status: "success"; readonly value: Stored; readonly receipt?: Receipt }
  /** `untouched`: nothing had come to it yet, nor in an attempt before. */
  | { readonly status: "failed"; readonly failure: Failure; readonly upstream?: true; readonly untouched?: true }
);

/** For each member, in order: outcomes by node. */
export type StageResult = readonly { readonly [node: string]: StageOutcome }[];

export type MapWindow = PlanReference & {
  readonly map: string;
  readonly member: StageMember;
  readonly from: number;
  readonly to: number;
  /** True for one item by itself: throw its failure, so that Temporal retries it. */
  readonly single: boolean;
  /** How often an item may be tried in such an activity; 0: without limit. Absent: failures are nobody's to try again. */
  readonly attempts?: number;
  /** What the item wrote when it was tried in a window. */
  readonly wrote?: readonly Written[];
  /** The run that the map belongs to: of a long one, the items run in children. */
  readonly run?: string;
};

/** What became of some consecutive items of a map. */
export type MapPart = {
  readonly from: number;
  readonly to: number;
  /** The items' values in order; null where an item failed. */
  readonly values: { readonly inline: readonly Json[] } | { readonly at: WorkReference };
  readonly failed: readonly FailedItem[];
  /** What its items wrote, one receipt for each node and place. */
  readonly wrote?: readonly Written[];
  /** How many items were done again by themselves. */
  readonly retried?: number;
  /** Why it was given up, with whatever of it had not been done: not the failure of an item. */
  readonly broken?: Failure;
};

export type FailedItem = {
  readonly index: number;
  readonly failure: Failure;
  /** What it wrote before it failed, while it may be tried again. */
  readonly wrote?: readonly Written[];
};

/** A task to be undone for an object; `value` is what it returned. */
export type Undoing = PlanReference & { readonly node: string; readonly object: ObjectInfo; readonly value: Stored };

export type Replaced = { readonly object: ObjectInfo; readonly receipts: readonly Receipt[] };

export type Closing = {
  readonly arrival: Arrival;
  readonly object: ObjectInfo;
  readonly trace: Omit<TraceDocument, "_id" | "closed">;
  /** What its nodes ended with, where something may be begun from later. */
  readonly results?: ResultsDocument["dags"];
  /** What an earlier processing wrote and this one did not replace. */
  readonly left: readonly Receipt[];
};

/** An object whose outcome the catalog did not take as it was: it is closed as failed. */
export type Unkept = { readonly arrival: string; readonly failure: Failure };

/** An object, by its id, of which something that an earlier processing wrote cannot be removed. */
export type Unremoved = { readonly object: string; readonly failure: Failure };

/** What became of closing objects. */
export type Closed = {
  readonly unkept: readonly Unkept[];
  /** What was closed, packed: Temporal keeps no inputs of local activities; see `histories/read-history.ts`. */
  readonly record: string;
};

/** Of the runs that closed in it, the histories are archived. ISO 8601, the end exclusive. */
export type ArchiveWindow = { readonly from: string; readonly to: string };

export type ArchivePage = {
  readonly archived: number;
  /** Runs that had left Temporal before. */
  readonly lost: number;
  /** Where the next page begins; absent on the last. */
  readonly next?: string;
};

/** How much was removed of what old runs had left: results of runs, and large values in the work area. */
export type Pruned = { readonly results: number; readonly values: number };

/** An object as it would arrive. */
export type Landed = Omit<Arrival, "id" | "time" | "door">;

/** A page of objects, in the order of containers and keys; `next` is where it ended, absent on the last. */
export type LandedPage = { readonly objects: readonly Landed[]; readonly next?: { readonly container: string; readonly key: string } };

/** The run of a single object. */
export type ObjectRun = { readonly workflowId: string; readonly runId: string; readonly container: string; readonly key: string };

export type RunEnd = { readonly outcome: TraceDocument["outcome"] | "duplicate"; readonly reason?: Failure };

export type Activities = {
  /** The next objects that a selection means. */
  selectObjects(page: { readonly selection: Selection; readonly after?: LandedPage["next"]; readonly limit: number }): Promise<LandedPage>;
  /** How many objects a selection means. */
  countObjects(selection: Selection): Promise<number>;
  /** How runs of single objects ended; null for those that are open. */
  outcomesOfRuns(runs: readonly ObjectRun[]): Promise<readonly (RunEnd | null)[]>;
  /** Claims what arrived, opens or completes its documents, settles its type, and says which plans are to run. */
  admitArrivals(arrivals: readonly Arrival[], run: RunIdentity, again?: Again): Promise<Admission>;
  /** Removes what earlier processings of objects wrote and the latest did not write again, and nothing else. */
  removeReplaced(replaced: readonly Replaced[]): Promise<readonly Unremoved[]>;
  /** Writes the outcome of objects to their documents, with the trace, and puts what is wrong into quarantine. */
  closeDocuments(closings: readonly Closing[], run: RunIdentity): Promise<Closed>;
  /** Keeps the news of objects that the store does not hold. */
  recordGone(gone: readonly { readonly arrival: Arrival; readonly failure: Failure }[], run: RunIdentity): Promise<void>;
  /** What is to be listed this time; with a scope, all that it means. */
  listParts(scope?: ReconciliationScope): Promise<readonly ListingPart[]>;
  /** Holds the next keys of a part, `most` of them, against the catalog; notes what is gone. `grace` is milliseconds. */
  compareStretch(part: ListingPart, most: number, run: RunIdentity, grace?: number): Promise<Stretch>;
  /** Keeps how far the comparison of a container has come. */
  keepMark(part: ListingPart, mark: Partial<PassMark>): Promise<void>;
  /** The predecessor's list of objects to process, as arrivals. */
  readWaitingList(): Promise<WaitingList>;
  strikeOff(entries: readonly WaitingEntry[]): Promise<void>;
  runMapWindow(window: MapWindow): Promise<MapPart>;
  /** Puts consecutive parts of a map together. */
  joinMapParts(parts: readonly MapPart[]): Promise<MapPart>;
  /** A part with the values of items that were done again, and the failures that are left. */
  patchMapPart(part: MapPart, mended: readonly MapPart[], failed: MapPart["failed"]): Promise<MapPart>;
  /** The value of a map: what its items returned, or their Results where it tolerates failures. */
  collectMap(part: MapPart, tolerates: boolean): Promise<Stored>;
  /** Since when runs are to be archived: a while before the last time ended, and until now. */
  openArchiveWindow(overlap: number): Promise<ArchiveWindow>;
  /** Puts a page of histories into the lake, those that it does not hold yet. */
  archiveHistories(window: ArchiveWindow, pageSize: number, after?: string): Promise<ArchivePage>;
  /** Notes that all of a window is archived. */
  closeArchiveWindow(window: ArchiveWindow): Promise<void>;
  /** Removes what is kept of runs that closed before a time (ISO 8601), so that others might begin in their middle. */
  pruneKept(before: string): Promise<Pruned>;
  /** Reverses one task for one object. */
  undoTask(work: Undoing): Promise<void>;
};

/** Any other activity is a stage, or one item of a map; its type is the names of its tasks. */
export type StageActivity = {
  (work: StageWork): Promise<StageResult>;
  (window: MapWindow): Promise<MapPart>;
};
