import type { Failure } from "./errors.ts";
import type { Json, JsonObject } from "./json.ts";
import type { DataProcessing } from "./object.ts";
import type { Receipt } from "./receipt.ts";
import type { PassMark } from "./reconciliation.ts";
import type { RunState } from "../interpreter/settled.ts";
import type { Selection } from "./selection.ts";

/**
 * The states of an object in the catalog. `dropped`: somebody took it out of quarantine without processing it.
 * `forgotten`: everything that was made of it was removed; this very version is never processed again.
 */
export const objectStates = ["announced", "processing", "processed", "quarantined", "failed", "gone", "dropped", "forgotten"] as const;
export type ObjectState = (typeof objectStates)[number];

/**
 * One DAG run over one object, as kept on its document. The first three fields are the predecessor's.
 */
export type Operation = {
  readonly execution_date: Date;
  readonly dag_id: string;
  /** The Temporal run that did it. */
  readonly operation_instance: string;
  readonly workflow_id: string;
  readonly run_id: string;
  readonly plan: string;
  /** Code hash by task. */
  readonly code: { readonly [task: string]: string };
  /** The task that failed. */
  readonly task?: string;
  readonly failure?: Failure;
};

/**
 * The catalog's document of one object: the predecessor's fields under the predecessor's names, then what Sluice
 * adds. It stands in the collection named like the container, in the database `swift`; `_id` is the object's key.
 */
export type CatalogDocument = {
  readonly _id: string;
  readonly content_type: string;
  readonly data_processing: DataProcessing;
  readonly swift_user: string;
  readonly swift_container: string;
  readonly swift_object_id: string;
  readonly application: string;
  readonly original_object_name: string;
  readonly creation_date: Date;
  readonly last_modified: Date;
  readonly successful_operations: readonly Operation[];
  readonly failed_operations: readonly Operation[];
  readonly other_data: JsonObject;
  /** Where the processed data is, in the predecessor's form. */
  readonly processed_data_area_service: readonly string[];

  readonly store: string;
  readonly key: string;
  readonly project: string;
  /** The integer that marks this object's points in InfluxDB. */
  readonly object_number: number;
  readonly version: string;
  readonly size: number;
  readonly checksum: string;
  readonly state: ObjectState;
  readonly state_since: Date;
  /** How many operations there were in all; the lists hold the last 100 of each. */
  readonly successful_count: number;
  readonly failed_count: number;
  readonly receipts: readonly Receipt[];
  /** While a processing has not said how it ended: its plans, by hash, since what they write to is to be found whatever became of it. */
  readonly writing?: readonly string[];
  /** Why it is in quarantine, or failed. */
  readonly reason?: Failure;
  /** The type the uploader said explicitly, if any: it wins over every other sign. */
  readonly declared_type?: string;
  /** Set while `other_data` was said, by the API, of a version that is yet to come: it goes before what the store has. */
  readonly said?: true;
  /** The run that has it now or had it last. */
  readonly workflow_id?: string;
  readonly run_id?: string;
};

/** What happened to one node of a plan for one object, in the order it happened. */
export type TraceStep = {
  readonly node: string;
  readonly task: string;
  readonly status: "success" | "failed" | "skipped" | "upstreamFailed" | "undone";
  /** `local`: ran at once inside the workflow task; `ordinary`: an activity that Temporal scheduled; `kept`: in an earlier run. */
  readonly mode?: "local" | "ordinary" | "kept";
  readonly attempt?: number;
  readonly started?: string;
  /** Milliseconds. */
  readonly took?: number;
  readonly site?: string;
  readonly rows?: number;
  /** Of a map: how many of its items had to be tried again by themselves, and how many failed in the end. */
  readonly items?: { readonly retried: number; readonly failed: number };
  readonly receipt?: Receipt;
  readonly failure?: Failure;
  /** Of one that failed: nothing had come to it yet, so it left nothing. */
  readonly untouched?: true;
};

/** The trace of one run over one object: collection `sluice.traces`, `_id` = `{run_id}/{container}/{key}`. */
export type TraceDocument = {
  readonly _id: string;
  readonly container: string;
  readonly key: string;
  readonly version: string;
  readonly swift_object_id: string;
  readonly workflow_id: string;
  readonly run_id: string;
  readonly door: string;
  readonly announced: string;
  readonly claimed: string;
  readonly closed: string;
  readonly content_type: string;
  /** How the type was settled: `declared`, `specific`, `extension`, `magic`, `text`. */
  readonly type_by: string;
  /** `declined`: it could not be done again as was asked, and stays as it was. */
  readonly outcome: "processed" | "quarantined" | "failed" | "handed-over" | "gone" | "declined";
  readonly dags: readonly {
    readonly dag: string;
    readonly plan: string;
    readonly code: { readonly [task: string]: string };
    readonly outcome: "success" | "failed";
    readonly steps: readonly TraceStep[];
  }[];
  readonly reason?: Failure;
  /** The workflow that goes on with the object, where it left its group. */
  readonly successor?: string;
};

/**
 * Where the history of a closed run lies: collection `sluice.histories`, `_id` = the run's id. The history itself is
 * an object of the container `sluice-histories`, which says the same in its metadata.
 */
export type HistoryDocument = {
  readonly _id: string;
  readonly workflow_id: string;
  readonly type: string;
  /** As Temporal has it: `COMPLETED`, `FAILED`, `TERMINATED`, `CONTINUED_AS_NEW`, … */
  readonly status: string;
  readonly closed: Date;
  /** Bytes, compressed. */
  readonly size: number;
  /** `2026/11/21/{run id}.json.gz`. */
  readonly key: string;
};

/** How far something periodic has come: collection `sluice.watermarks`. */
export type WatermarkDocument = {
  readonly _id: string;
  /** All before this was looked at. */
  readonly at: Date;
  /** Of the comparison of a container with its store: how far the pass that is underway has come. */
  readonly pass?: PassMark;
  /** Of a gateway's journal: since when arrivals wait in it, of one container or of whatever containers. */
  readonly waiting?: readonly { readonly container?: string; readonly since: Date }[];
};

/**
 * How the nodes of a run over one object ended, kept so that a later run may begin in the middle: collection
 * `sluice.results`, `_id` = that of the trace. Only of runs that have a middle; rows are not kept.
 */
export type ResultsDocument = {
  readonly _id: string;
  readonly version: string;
  /** When the run closed: ISO 8601. */
  readonly closed: string;
  readonly dags: readonly { readonly dag: string; readonly settled: RunState }[];
  /** Keys of the large values that they name, in the work area. */
  readonly works: readonly string[];
};

/** A record of one failed attempt of an ordinary activity: collection `sluice.attempts`. */
export type AttemptDocument = {
  readonly _id: string;
  readonly run_id: string;
  readonly container: string;
  readonly key: string;
  readonly task: string;
  /** The item of a map that it was about: `each-room[3]`. */
  readonly item?: string;
  readonly attempt: number;
  readonly started?: Date;
  /** When it failed. */
  readonly at: Date;
  readonly failure: Failure;
};

/**
 * News of a version that a run has, or had, already: collection `sluice.duplicates`, `_id` = the id of the arrival and
 * of the run that refused it.
 */
export type DuplicateDocument = {
  readonly _id: string;
  readonly container: string;
  readonly key: string;
  readonly door: string;
  readonly announced: string;
  readonly refused: Date;
  /** The workflow that has the version. */
  readonly holder: string;
  readonly workflow_id: string;
  readonly run_id: string;
};

/** A version of a DAG as published: collection `sluice.dags`, `_id` = DAG name; older ones in `sluice.plans`. */
export type DagDocument = {
  readonly _id: string;
  readonly plan_hash: string;
  readonly code: { readonly [task: string]: string };
  readonly file: string;
  readonly plan: Json;
  readonly published: Date;
  readonly source: "shipped" | "user";
  /** Who put it in force: an `_id` of `sluice.publishers`. */
  readonly publisher?: string;
  /** Where the newest version of its file does not load: what is wrong. The plan above stays in force. */
  readonly broken?: { readonly since: Date; readonly problems: readonly string[] };
};

/** Workers that publish the same folders of one machine: collection `sluice.publishers`, `_id` = machine and a hash of the folders. */
export type PublisherDocument = {
  readonly _id: string;
  readonly folders: readonly string[];
  readonly task_queue: string;
  /** When each of its processes was last there; one that has stopped is not among them. */
  readonly processes?: { readonly [process: string]: Date };
  /** The files that something is wrong with. */
  readonly broken: readonly BrokenFileEntry[];
};

export type BrokenFileEntry = {
  readonly file: string;
  readonly since: Date;
  readonly problems: readonly string[];
  /** Its DAGs whose last good version is in force. */
  readonly in_force: readonly string[];
};

/** How a worker stands to a sink: `open` while it leaves the sink alone, `half-open` while it looks whether that is back. */
export type SinkState = {
  readonly sink: string;
  readonly state: "closed" | "open" | "half-open";
  readonly since: Date;
  /** Why it is left alone. */
  readonly reason?: string;
  /** Rows a second that the worker keeps to. */
  readonly limit?: number;
};

/** A worker that runs: collection `sluice.workers`, `_id` = machine and process. */
export type WorkerDocument = {
  readonly _id: string;
  readonly site: string;
  readonly task_queue: string;
  /** When it was last there. */
  readonly seen: Date;
  readonly sinks: readonly SinkState[];
};

/** An object put aside, with the reason: collection `sluice.quarantine`, `_id` = `{container}/{key}`. */
export type QuarantineDocument = {
  readonly _id: string;
  readonly container: string;
  readonly key: string;
  readonly version: string;
  readonly swift_object_id: string;
  readonly content_type: string;
  readonly size: number;
  readonly dag?: string;
  readonly task?: string;
  readonly reason: Failure;
  readonly since: Date;
  readonly workflow_id: string;
  readonly run_id: string;
};

/**
 * What somebody had done to objects: collection `sluice.audit`. It names objects by their keys and holds nothing of
 * their content, since it outlives them. `_id` begins with `container/key@` where it is about one object.
 */
export type AuditDocument = {
  readonly _id: string;
  readonly action: "reprocess" | "reconcile" | "release" | "drop" | "forget" | "restore" | "rebuild";
  readonly at: Date;
  /** Who asked, as they say themselves; an empty string where nobody said. */
  readonly by: string;
  /** `container/key`, where it is about one object. */
  readonly object?: string;
  /** Where it is about many. */
  readonly selection?: Selection;
  readonly workflow_id?: string;
  /** What came of it: `points: 412`, `objects: 300`. */
  readonly counts?: { readonly [what: string]: number };
  /** What was said with it: `type text/csv`, `raw object deleted`. */
  readonly notes?: readonly string[];
};
