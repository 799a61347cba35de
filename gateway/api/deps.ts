import type { Announcement } from "../../infra/catalog.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type {
  AttemptDocument,
  BrokenFileEntry,
  CatalogDocument,
  DagDocument,
  ObjectState,
  QuarantineDocument,
  TraceDocument,
} from "../../sdk/contracts/catalog.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";

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

/** What the API asks of the catalog. */
export type ApiCatalog = {
  announce(container: string, announcement: Announcement): Promise<void>;
  /** Takes an announcement back, unless the object is known by now. */
  withdraw(container: string, key: string): Promise<void>;
  document(container: string, key: string): Promise<CatalogDocument | undefined>;
  documents(container: string, keys: readonly string[]): Promise<readonly CatalogDocument[]>;
  list(query: ObjectQuery): Promise<Page<CatalogDocument>>;
  count(container: string): Promise<number>;
  /** Runs of an object, the oldest first. */
  traces(document: CatalogDocument): Promise<Page<TraceDocument>>;
  attempts(document: CatalogDocument, runs: readonly string[]): Promise<Page<AttemptDocument>>;
  dags(): Promise<readonly Omit<DagDocument, "plan">[]>;
  dag(name: string): Promise<DagDocument | undefined>;
  /** DAG files that something is wrong with, in force or not. */
  brokenFiles(): Promise<readonly BrokenFileEntry[]>;
  quarantine(query: {
    readonly container?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<readonly QuarantineDocument[]>;
  quarantineCount(): Promise<number>;
};

export const arrivalStates = ["waiting", "started", "rejected", "closed"] as const;
export type ArrivalState = (typeof arrivalStates)[number];

/** An arrival and what became of it, as far as the journal remembers. */
export type ArrivalRecord = {
  readonly id: string;
  readonly state: ArrivalState;
  /** Absent where a record was too broken to make an arrival of. */
  readonly arrival?: Partial<Arrival>;
  readonly workflowId?: string;
  /** Of a closed one: `processed`, `quarantined`, … */
  readonly outcome?: string;
  readonly reason?: Failure | string;
};

/** What the API asks of the journal. */
export type ApiArrivals = {
  /** Durable once settled. Throws a retryable `JOURNAL_…` error where the journal is full or broken. */
  add(arrivals: readonly Omit<Arrival, "id">[]): Promise<readonly string[]>;
  get(id: string): ArrivalRecord | undefined;
  list(state: ArrivalState, limit: number): readonly ArrivalRecord[];
  counts(): { readonly waiting: number; readonly started: number; readonly rejected: number };
};

/** Throws, or rejects, where the part of the lake is not well. */
export type HealthCheck = () => Promise<unknown>;

export type ApiDeps = {
  readonly catalog: ApiCatalog;
  readonly arrivals: ApiArrivals;
  readonly stores: { get(name: string): ObjectStore; readonly names: readonly string[] };
  /** Whether a container is one that objects land in. */
  readonly isLanding: (container: string) => boolean;
  readonly temporal: { readonly uiUrl: string; readonly namespace: string };
  readonly version: string;
  readonly checks: { readonly [name: string]: HealthCheck };
  readonly log: { error(fields: object, message: string): void };
};
