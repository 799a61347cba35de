import { z } from "@hono/zod-openapi";
import { objectStates } from "../../sdk/contracts/catalog.ts";
import { failureKinds } from "../../sdk/contracts/errors.ts";
import { isStorable, maxMetadataDepth } from "../../sdk/contracts/json.ts";
import { dataProcessings } from "../../sdk/contracts/object.ts";
import { arrivalStates } from "./deps.ts";
import { jsonObject, list, time } from "./schema-parts.ts";

export const codeByTask = z.record(z.string(), z.string());

export const failure = z
  .object({
    code: z.string().openapi({ example: "MALFORMED_JSON" }),
    kind: z.enum(failureKinds),
    message: z.string(),
    place: z
      .object({
        line: z.number(),
        column: z.number(),
        pointer: z.string(),
        offset: z.number(),
        row: z.number(),
        field: z.string(),
        source: z.string(),
      })
      .partial()
      .optional(),
    task: z.string().optional(),
    fingerprint: z.string(),
    cause: z.string().optional(),
  })
  .openapi("Failure");

export const receipt = z
  .object({
    sink: z.string().openapi({ example: "influxdb" }),
    what: z.string().openapi({ example: "points" }),
    count: z.number(),
    where: z.string(),
    locator: z.record(z.string(), z.union([z.string(), z.number(), list(z.string())])),
    suspected: z.literal(true).optional().openapi({ description: "It may have been written, by a write that failed or was cut off." }),
  })
  .openapi("Receipt");

const operation = z
  .object({
    execution_date: time,
    dag_id: z.string(),
    operation_instance: z.string(),
    workflow_id: z.string(),
    run_id: z.string(),
    plan: z.string(),
    code: codeByTask,
    task: z.string().optional(),
    failure: failure.optional(),
  })
  .openapi("Operation");

/** What a list shows of an object. */
export const objectSummary = z
  .object({
    container: z.string(),
    key: z.string(),
    store: z.string(),
    version: z.string(),
    content_type: z.string(),
    size: z.number(),
    state: z.enum(objectStates),
    state_since: time,
    creation_date: time,
    /** The DAGs of the run that has it now or had it last. */
    dags: list(z.string()),
    receipts: list(receipt),
    reason: failure.optional(),
    workflow_id: z.string().optional(),
    run_id: z.string().optional(),
    /** The run's page in the Temporal UI. */
    link: z.string().optional(),
  })
  .openapi("ObjectSummary");

export const objectDocument = objectSummary
  .extend({
    data_processing: z.enum(dataProcessings),
    swift_user: z.string(),
    swift_container: z.string(),
    swift_object_id: z.string(),
    application: z.string(),
    project: z.string(),
    original_object_name: z.string(),
    last_modified: time,
    object_number: z.number(),
    checksum: z.string(),
    declared_type: z.string().optional(),
    other_data: jsonObject,
    processed_data_area_service: list(z.string()),
    successful_operations: list(operation),
    failed_operations: list(operation),
    successful_count: z.number(),
    failed_count: z.number(),
  })
  .openapi("ObjectDocument");

export const objectPage = z
  .object({
    objects: list(objectSummary),
    /** Give it back as `cursor` for the next page; absent on the last. */
    next: z.string().optional(),
    complete: z.boolean(),
  })
  .openapi("ObjectPage");

export const container = z.object({ name: z.string(), store: z.string(), objects: z.number() }).openapi("Container");

export const objectName = z
  .object({ container: z.string().min(1), key: z.string().min(1) })
  .openapi("ObjectName", { example: { container: "campus", key: "roof/readings.csv" } });

/** A key is percent-encoded, as one segment of the path or with its slashes as they are. */
export const objectPath = z.object({ container: z.string(), key: z.string() });

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().optional().openapi({ description: "The `next` of the page before." }),
});

export const objectNames = z.object({ objects: z.array(objectName).min(1).max(1_000) }).openapi("ObjectNames");

/** What an uploader says about an object, under the catalog's names. */
export const uploadMetadata = z
  .strictObject({
    declared_type: z.string().min(1),
    application: z.string(),
    project: z.string(),
    swift_user: z.string(),
    data_processing: z.enum(dataProcessings),
    other_data: jsonObject.refine((data) => isStorable(data), {
      message: `expected names without NUL, finite numbers, and nesting up to ${maxMetadataDepth} deep`,
    }),
  })
  .partial()
  .openapi("UploadMetadata");

export const upload = z
  .object({
    container: z.string(),
    key: z.string(),
    version: z.string(),
    etag: z.string(),
    size: z.number(),
  })
  .openapi("Upload");

export const arrival = z
  .object({
    id: z.string(),
    state: z.enum(arrivalStates),
    container: z.string().optional(),
    key: z.string().optional(),
    door: z.string().optional(),
    time: time.optional().openapi({ description: "When the store says that it happened." }),
    accepted: time.openapi({ description: "When the journal had it on disk." }),
    because: z.string().optional().openapi({ description: "Why it waits, asked for one object or one arrival." }),
    workflow_id: z.string().optional(),
    outcome: z.string().optional(),
    reason: z.string().optional(),
    link: z.string().optional(),
  })
  .openapi("Arrival");

export const dagSummary = z
  .object({
    name: z.string(),
    plan_hash: z.string(),
    file: z.string(),
    source: z.enum(["shipped", "user"]),
    published: time,
    broken: z.object({ since: time, problems: list(z.string()) }).optional(),
  })
  .openapi("DagSummary");

export const dagDetail = dagSummary.extend({ code: codeByTask, plan: jsonObject }).openapi("DagDetail");

/** A DAG file that something is wrong with, and those of its DAGs whose last good version is in force. */
export const brokenFile = z
  .object({ file: z.string(), since: time, problems: list(z.string()), in_force: list(z.string()) })
  .openapi("BrokenFile");

export const dagList = z.object({ dags: list(dagSummary), broken_files: list(brokenFile) }).openapi("DagList");

/** How a worker stands to a sink: it leaves one alone that is away. */
const sinkState = z
  .object({
    sink: z.string(),
    state: z.enum(["closed", "open", "half-open"]),
    since: time,
    reason: z.string().optional(),
    limit: z.number().optional().openapi({ description: "Rows a second." }),
  })
  .openapi("SinkState");

export const worker = z.object({ name: z.string(), site: z.string(), seen: time, sinks: list(sinkState) }).openapi("Worker");

export const status = z
  .object({
    version: z.string(),
    healthy: z.boolean(),
    parts: list(z.object({ name: z.string(), healthy: z.boolean(), took: z.number(), problem: z.string().optional() })),
    arrivals: z.object({ waiting: z.number(), started: z.number(), rejected: z.number() }),
    /** Tenants with limits of whom arrivals wait. */
    throttled: list(z.object({ tenant: z.string(), waiting: z.number() })),
    workers: list(worker).optional(),
    quarantined: z.number().optional(),
    dags: z.object({ inForce: z.number(), broken: list(z.string()), broken_files: list(brokenFile) }).optional(),
    temporal_ui: z.string(),
  })
  .openapi("Status");

/** RFC 9457. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    /** Stable: what a program branches on. */
    code: z.string(),
    errors: list(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .openapi("Problem");
