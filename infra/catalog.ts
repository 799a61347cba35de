import { type Collection, type Db, type MongoClient, MongoServerError } from "mongodb";
import type {
  AttemptDocument,
  AuditDocument,
  CatalogDocument,
  DagDocument,
  DuplicateDocument,
  HistoryDocument,
  PublisherDocument,
  QuarantineDocument,
  ResultsDocument,
  TraceDocument,
  WorkerDocument,
  WatermarkDocument,
} from "../sdk/contracts/catalog.ts";
import type { JsonObject } from "../sdk/contracts/json.ts";
import type { DataProcessing } from "../sdk/contracts/object.ts";
import { createMongoClient } from "./mongo.ts";

/** One run's hold on one version of an object. `_id` is {@link claimId}. */
export type ClaimDocument = {
  readonly _id: string;
  readonly workflow_id: string;
  readonly run_id: string;
  readonly arrival: string;
  readonly claimed: Date;
  /** Set when the run closed the object's document: the claim is spent, later arrivals of it are duplicates. */
  readonly outcome?: string;
};

/** What an uploader says about an object before it is there. */
export type Announcement = {
  readonly key: string;
  readonly store: string;
  readonly user?: string;
  readonly application?: string;
  readonly project?: string;
  readonly dataProcessing?: DataProcessing;
  readonly declaredType?: string;
  readonly metadata?: JsonObject;
};

/** The catalog: typed collections of the lake's MongoDB, and the few writes that have rules. */
export type Catalog = AsyncDisposable & ReturnType<typeof catalogOf>;

export function claimId(container: string, key: string, version: string): string {
  return `${container}/${key}@${version}`;
}

/** Connects, and gives a real MongoDB the indexes that lists want (the local stand-in scans; see its notes). */
export async function openCatalog(settings: { readonly SLUICE_MONGO_URL: string }): Promise<Catalog> {
  const client = createMongoClient(settings);
  await client.connect();
  const catalog = catalogOf(client);
  await createIndexes(catalog);
  return Object.assign(catalog, { [Symbol.asyncDispose]: () => client.close() });
}

export async function createIndexes(catalog: Pick<Catalog, "counter" | "claims" | "traces" | "attempts" | "results">): Promise<void> {
  await Promise.all([
    catalog.counter.createIndex({ type: 1 }, { unique: true }),
    // By which a claim is taken over; see `documents` for why it is a unique key.
    catalog.claims.createIndex({ _id: 1, workflow_id: 1, run_id: 1 }, { unique: true }),
    catalog.traces.createIndex({ container: 1, key: 1 }),
    catalog.attempts.createIndex({ container: 1, key: 1 }),
    catalog.results.createIndex({ closed: 1 }),
    catalog.results.createIndex({ works: 1 }),
  ]);
}

function catalogOf(client: MongoClient) {
  const swift = client.db("swift");
  const sluice = client.db("sluice");
  const counter = client.db("stats").collection<{ type: string; object_id: number }>("swift");
  const indexed = new Map<string, Promise<unknown>>();

  /**
   * A predecessor's documents are found by `swift_object_id`, so that is a unique key everywhere. The second key is
   * that by which a run closes what it holds: the local stand-in scans the collection for a filter that is not exactly
   * the fields of a unique key, `_id` among them.
   */
  function documents(container: string): Collection<CatalogDocument> {
    const collection = swift.collection<CatalogDocument>(container);
    if (!indexed.has(container)) {
      const ready = collection.createIndexes([
        { key: { swift_object_id: 1 }, unique: true },
        { key: { swift_object_id: 1, state: 1, run_id: 1 }, unique: true },
        // By which a real MongoDB finds what failed; the stand-in takes it and scans.
        { key: { state: 1, state_since: 1 } },
      ]);
      ready.catch(() => indexed.delete(container));
      indexed.set(container, ready);
    }
    return collection;
  }

  /** The first of `count` new object numbers. */
  async function allocateNumbers(count: number): Promise<number> {
    const after = await counter.findOneAndUpdate({ type: "object_id_file" }, { $inc: { object_id: count } }, { returnDocument: "after" });
    if (after) return after.object_id - count + 1;
    await raiseCounter();
    return await allocateNumbers(count);
  }

  /**
   * What was written carries its object's number in every sink, and outlives a catalog that is lost: a counter that
   * is not there begins at the milliseconds since 1970, above all that any counter may have come to before. From 1 on,
   * the numbers of a new lake would meet those that a predecessor's events bring along as `swift_id`.
   */
  async function raiseCounter(least = Date.now()): Promise<void> {
    const type = "object_id_file";
    await counter.updateOne({ type }, { $setOnInsert: { object_id: least } }, { upsert: true }).catch((error: unknown) => {
      // Another process has just made it.
      if (!(error instanceof MongoServerError) || error.code !== 11_000) throw error;
    });
    await counter.updateOne({ type }, { $max: { object_id: least } });
  }

  /** A collection that was lost took its indexes along: these are there when it is settled. */
  async function indexAnew(container: string): Promise<void> {
    indexed.delete(container);
    documents(container);
    await indexed.get(container);
  }

  /** Opens the document of an object that is about to be put, or completes the one there is. */
  async function announce(container: string, announcement: Announcement): Promise<void> {
    const now = new Date();
    const known = await documents(container).findOne({ _id: announcement.key }, { projection: { _id: 1 } });
    const said = {
      ...(announcement.user !== undefined && { swift_user: announcement.user }),
      ...(announcement.application !== undefined && { application: announcement.application }),
      ...(announcement.project !== undefined && { project: announcement.project }),
      ...(announcement.dataProcessing && { data_processing: announcement.dataProcessing }),
      ...(announcement.declaredType !== undefined && { declared_type: announcement.declaredType }),
      ...(announcement.metadata && { other_data: announcement.metadata, said: true as const }),
    };
    if (known) {
      await documents(container).updateOne({ _id: announcement.key }, { $set: { ...said, last_modified: now } });
      return;
    }
    const number = await allocateNumbers(1);
    const fresh = newDocument({ container, key: announcement.key, store: announcement.store, number, now });
    await documents(container).updateOne(
      { _id: announcement.key },
      { $set: said, $setOnInsert: without(fresh, Object.keys(said)) },
      { upsert: true },
    );
  }

  return {
    client,
    counter,
    documents,
    allocateNumbers,
    raiseCounter,
    indexAnew,
    announce,
    containers: async () => (await swift.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
    claims: sluice.collection<ClaimDocument>("claims"),
    traces: sluice.collection<TraceDocument>("traces"),
    results: sluice.collection<ResultsDocument>("results"),
    attempts: sluice.collection<AttemptDocument>("attempts"),
    dags: sluice.collection<DagDocument>("dags"),
    workers: sluice.collection<WorkerDocument>("workers"),
    publishers: sluice.collection<PublisherDocument>("publishers"),
    plans: sluice.collection<{ _id: string; plan: unknown; published: Date }>("plans"),
    quarantine: sluice.collection<QuarantineDocument>("quarantine"),
    audit: sluice.collection<AuditDocument>("audit"),
    duplicates: sluice.collection<DuplicateDocument>("duplicates"),
    histories: sluice.collection<HistoryDocument>("histories"),
    /** Runs whose histories went with their object; `at`: since when. */
    forgottenRuns: sluice.collection<{ _id: string; at: Date }>("forgotten_runs"),
    watermarks: sluice.collection<WatermarkDocument>("watermarks"),
    database: (name: string): Db => client.db(name),
  };
}

/** A document as it is before anything is known but where the object is. */
export function newDocument(of: {
  readonly container: string;
  readonly key: string;
  readonly store: string;
  readonly number: number;
  readonly now: Date;
  readonly swiftId?: string;
}): CatalogDocument {
  return {
    _id: of.key,
    content_type: "",
    data_processing: "default",
    swift_user: "",
    swift_container: of.container,
    swift_object_id: of.swiftId ?? String(of.number),
    application: "",
    original_object_name: of.key,
    creation_date: of.now,
    last_modified: of.now,
    successful_operations: [],
    failed_operations: [],
    other_data: {},
    processed_data_area_service: [],
    store: of.store,
    key: of.key,
    project: of.container,
    object_number: of.number,
    version: "",
    size: 0,
    checksum: "",
    state: "announced",
    state_since: of.now,
    successful_count: 0,
    failed_count: 0,
    receipts: [],
  };
}

function without<T extends object>(value: T, names: readonly string[]): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name))) as Partial<T>;
}
