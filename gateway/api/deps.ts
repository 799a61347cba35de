import type { AuditEntry } from "../../infra/audit.ts";
import type { Announcement } from "../../infra/catalog.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type {
  BrokenFileEntry,
  CatalogDocument,
  DagDocument,
  ObjectState,
  QuarantineDocument,
  WatermarkDocument,
  WorkerDocument,
} from "../../sdk/contracts/catalog.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import type { Selection } from "../../sdk/contracts/selection.ts";
import type { Waits } from "../journal/records.ts";
import type { FailedObject } from "./failure-groups.ts";
import type { ForgettingRuns } from "./forgetting-runs.ts";
import type { TraceReader } from "./trace-reader.ts";
import type { ReconciliationRuns } from "./reconciliation-runs.ts";
import type { ReprocessingRuns } from "./reprocessing-runs.ts";
import type { RebuildRuns } from "./rebuild-runs.ts";
import type { FailureFilter, ObjectName, Release } from "./types.ts";

/** A page of documents; `complete` is false where the catalog could not look at everything in time. */
export type Page<Document> = { readonly documents: readonly Document[]; readonly complete: boolean };

export type ObjectQuery = {
  readonly container: string;
  readonly prefix?: string;
  readonly state?: ObjectState;
  /** With wildcards: `image/*`. */
  readonly type?: string;
  /** Keys after this one. */
  readonly after?: string;
  readonly limit: number;
};

export type Corrections = NonNullable<Release["corrections"]>;

/** What the API asks of the catalog. */
export type ApiCatalog = {
  announce(container: string, announcement: Announcement): Promise<void>;
  /** Takes an announcement back, unless the object is known by now. */
  withdraw(container: string, key: string): Promise<void>;
  document(container: string, key: string): Promise<CatalogDocument | undefined>;
  documents(container: string, keys: readonly string[]): Promise<readonly CatalogDocument[]>;
  list(query: ObjectQuery): Promise<Page<CatalogDocument>>;
  count(container: string): Promise<number>;
  /** What happened to an object. */
  readonly story: TraceReader;
  dags(): Promise<readonly Omit<DagDocument, "plan">[]>;
  dag(name: string): Promise<DagDocument | undefined>;
  /** DAG files that something is wrong with, in force or not. */
  brokenFiles(): Promise<readonly BrokenFileEntry[]>;
  /** Workers that were there a moment ago. */
  workers(): Promise<readonly WorkerDocument[]>;
  /** Objects of a container that could not be processed, as they are found, until there are no more or it is aborted. */
  failed(container: string, filter: FailureFilter, signal: AbortSignal): AsyncIterable<FailedObject>;
  /** In the order of `container/key`. */
  quarantine(query: {
    readonly filter: FailureFilter;
    readonly after?: string;
    readonly limit: number;
  }): Promise<readonly QuarantineDocument[]>;
  quarantined(objects: readonly ObjectName[]): Promise<readonly QuarantineDocument[]>;
  /** Says of objects in quarantine what was wrong or missing; `other_data` is merged into what there is. */
  correct(entries: readonly QuarantineDocument[], corrections: Corrections): Promise<void>;
  /** Takes objects out of quarantine without processing them; answers those that were still there. */
  drop(entries: readonly QuarantineDocument[]): Promise<readonly QuarantineDocument[]>;
  /** The first objects that a selection means, and how many it means. */
  select(selection: Selection, limit: number): Promise<readonly CatalogDocument[]>;
  countSelected(selection: Selection): Promise<number>;
  audit(mark: string, entry: AuditEntry): Promise<void>;
  /** How far each container has been compared with its store. */
  passes(): Promise<readonly WatermarkDocument[]>;
  quarantineCount(): Promise<number>;
};

export const arrivalStates = ["waiting", "started", "rejected", "closed"] as const;
export type ArrivalState = (typeof arrivalStates)[number];

/** An arrival and what became of it, as far as the journal remembers. */
export type ArrivalRecord = {
  readonly id: string;
  readonly state: ArrivalState;
  /** ISO 8601. */
  readonly received: string;
  /** Absent where a record was too broken to make an arrival of. */
  readonly arrival?: Partial<Arrival>;
  readonly workflowId?: string;
  readonly waits?: Waits;
  /** Of a closed one: `processed`, `quarantined`, … */
  readonly outcome?: string;
  readonly reason?: Failure | string;
};

/** What the API asks of the journal. */
export type ApiArrivals = {
  /** Durable once settled. Throws a retryable `JOURNAL_…` error where the journal is full or broken. */
  add(arrivals: readonly Omit<Arrival, "id">[]): Promise<readonly string[]>;
  get(id: string): ArrivalRecord | undefined;
  /** Arrivals of an object that are not done yet, the oldest first. */
  about(container: string, key: string): readonly ArrivalRecord[];
  /** Those that are done, as far as they are remembered: looks through all, for objects of which nothing else is known. */
  remembered(container: string, key: string): readonly ArrivalRecord[];
  list(state: ArrivalState, limit: number): readonly ArrivalRecord[];
  counts(): { readonly waiting: number; readonly started: number; readonly rejected: number };
  throttled(): readonly { readonly tenant: string; readonly waiting: number }[];
};

type Upload = { readonly container: string; readonly user?: string | undefined };

/** What tenants may put through the API. */
export type UploadGate = {
  /** Milliseconds until this may be put; 0: now, and it is counted with so many bytes. */
  admit(upload: Upload, bytes: number): number;
  /** Bytes that were not known beforehand. */
  charge(upload: Upload, bytes: number): void;
};

/** Throws, or rejects, where the part of the lake is not well. */
export type HealthCheck = () => Promise<unknown>;

export type ApiDeps = {
  readonly catalog: ApiCatalog;
  readonly arrivals: ApiArrivals;
  readonly reprocessings: ReprocessingRuns;
  readonly reconciliations: ReconciliationRuns;
  readonly uploads: UploadGate;
  readonly stores: { get(name: string): ObjectStore; readonly names: readonly string[] };
  readonly forgettings: ForgettingRuns;
  readonly rebuilds: RebuildRuns;
  /** Whether a container is one that objects land in. */
  readonly isLanding: (container: string) => boolean;
  readonly temporal: {
    readonly uiUrl: string;
    readonly namespace: string;
    /** Whether it still has a run; undefined where it cannot be asked. */
    readonly has?: (workflowId: string, runId: string) => Promise<boolean | undefined>;
  };
  readonly version: string;
  readonly checks: { readonly [name: string]: HealthCheck };
  readonly log: { error(fields: object, message: string): void };
};
