/** The engine's activities as the workflows call them. Types only: workflows never import their code. */
import type { Arrival } from "../sdk/contracts/arrival.ts";
import type { TraceDocument } from "../sdk/contracts/catalog.ts";
import type { Failure } from "../sdk/contracts/errors.ts";
import type { Json } from "../sdk/contracts/json.ts";
import type { ObjectInfo } from "../sdk/contracts/object.ts";
import type { Receipt } from "../sdk/contracts/receipt.ts";
import type { RunState, Stored, WorkReference } from "../sdk/interpreter/settled.ts";
import type { PublishedPlan } from "../sdk/plan/plan.ts";

/** The run that asks. `takesOver` names the run whose claims it continues. */
export type RunIdentity = { readonly workflowId: string; readonly runId: string; readonly takesOver?: string };

export type Admission = {
  /** In the order of the arrivals. */
  readonly members: readonly Admitted[];
  /** By hash; the plans that the members' `plans` name. */
  readonly plans: { readonly [hash: string]: PublishedPlan };
};

export type Admitted = { readonly arrival: string } & (
  | {
      readonly status: "admitted";
      readonly object: ObjectInfo;
      /** How the type was settled. */
      readonly typeBy: string;
      /** Hashes of the plans to run, in order. */
      readonly plans: readonly string[];
      readonly claimed: string;
      /** What an earlier processing of the object wrote. */
      readonly previous: readonly Receipt[];
    }
  /** Another run has this very version, or had it. */
  | { readonly status: "duplicate"; readonly holder: string }
  /** A run is still busy with an older version. */
  | { readonly status: "busy"; readonly holder: string }
  /** The store does not hold it: not yet, or not any more. */
  | { readonly status: "gone"; readonly failure: Failure }
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
  | { readonly status: "failed"; readonly failure: Failure; readonly upstream?: true }
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
};

/** What became of some consecutive items of a map. */
export type MapPart = {
  readonly from: number;
  readonly to: number;
  /** The items' values in order; null where an item failed. */
  readonly values: { readonly inline: readonly Json[] } | { readonly at: WorkReference };
  readonly failed: readonly { readonly index: number; readonly failure: Failure }[];
};

export type Replaced = { readonly object: ObjectInfo; readonly receipts: readonly Receipt[] };

export type Closing = {
  readonly arrival: Arrival;
  readonly object: ObjectInfo;
  readonly trace: Omit<TraceDocument, "_id" | "closed">;
  /** What an earlier processing wrote and this one did not replace. */
  readonly left: readonly Receipt[];
};

export type Activities = {
  /** Claims what arrived, opens or completes its documents, settles its type, and says which plans are to run. */
  admitArrivals(arrivals: readonly Arrival[], run: RunIdentity): Promise<Admission>;
  /** Removes what earlier processings of objects wrote and the latest did not write again, and nothing else. */
  removeReplaced(replaced: readonly Replaced[]): Promise<void>;
  /** Writes the outcome of objects to their documents, with the trace, and puts what is wrong into quarantine. */
  closeDocuments(closings: readonly Closing[], run: RunIdentity): Promise<void>;
  /** Keeps the news of objects that the store does not hold. */
  recordGone(gone: readonly { readonly arrival: Arrival; readonly failure: Failure }[], run: RunIdentity): Promise<void>;
  runMapWindow(window: MapWindow): Promise<MapPart>;
  /** Puts consecutive parts of a map together. */
  joinMapParts(parts: readonly MapPart[]): Promise<MapPart>;
  /** A part with the values of items that were done again, and the failures that are left. */
  patchMapPart(part: MapPart, mended: readonly MapPart[], failed: MapPart["failed"]): Promise<MapPart>;
  /** The value of a map: what its items returned, or their Results where it tolerates failures. */
  collectMap(part: MapPart, tolerates: boolean): Promise<Stored>;
  /** Reverses one task for one object. */
  undoTask(work: PlanReference & { readonly node: string; readonly object: ObjectInfo; readonly value: Stored }): Promise<void>;
};

/** Any other activity is a stage, or one item of a map; its type is the names of its tasks. */
export type StageActivity = {
  (work: StageWork): Promise<StageResult>;
  (window: MapWindow): Promise<MapPart>;
};
