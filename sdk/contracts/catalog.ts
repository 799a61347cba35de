import type { Failure } from "./errors.ts";
import type { Json, JsonObject } from "./json.ts";
import type { DataProcessing } from "./object.ts";
import type { Receipt } from "./receipt.ts";

/** The states of an object in the catalog. */
export const objectStates = ["announced", "processing", "processed", "quarantined", "failed", "gone"] as const;
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
  /** Why it is in quarantine, or failed. */
  readonly reason?: Failure;
  /** The type the uploader said explicitly, if any: it wins over every other sign. */
  readonly declared_type?: string;
  /** The run that has it now or had it last. */
  readonly workflow_id?: string;
  readonly run_id?: string;
};

/** What happened to one node of a plan for one object, in the order it happened. */
export type TraceStep = {
  readonly node: string;
  readonly task: string;
  readonly status: "success" | "failed" | "skipped" | "upstreamFailed" | "undone";
  /** `local`: ran at once inside the workflow task; `ordinary`: an activity that Temporal scheduled. */
  readonly mode?: "local" | "ordinary";
  readonly attempt?: number;
  readonly started?: string;
  /** Milliseconds. */
  readonly took?: number;
  readonly site?: string;
  readonly rows?: number;
  readonly receipt?: Receipt;
  readonly failure?: Failure;
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
  readonly outcome: "processed" | "quarantined" | "failed" | "handed-over" | "gone";
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

/** A record of one failed attempt of an ordinary activity: collection `sluice.attempts`. */
export type AttemptDocument = {
  readonly _id: string;
  readonly run_id: string;
  readonly container: string;
  readonly key: string;
  readonly task: string;
  readonly attempt: number;
  readonly at: Date;
  readonly failure: Failure;
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
  /** When one of them was last there. */
  readonly seen: Date;
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
