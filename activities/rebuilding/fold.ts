import { newDocument } from "../../infra/catalog.ts";
import type { CatalogDocument, Operation } from "../../sdk/contracts/catalog.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import { updateOf } from "../closing/close.ts";
import type { RecordedClosing } from "../histories/closing-record.ts";

const keptOperations = 100;

/** A document with one more of its runs, in whatever order they are found: the latest says how the object is. Pure. */
export function foldClosing(known: CatalogDocument | undefined, closing: RecordedClosing & { readonly closed: string }): CatalogDocument {
  const { object, trace, arrival } = closing;
  const closed = new Date(closing.closed);
  const document = known ?? documentOf(object, new Date(trace.claimed));
  const run = { workflowId: trace.workflow_id, runId: trace.run_id };
  const { $set, $push } = updateOf({ ...closing, arrival }, run, closed);
  const [succeeded, failed] = [$push.successful_operations.$each, $push.failed_operations.$each];
  const runs: CatalogDocument = {
    ...document,
    creation_date: new Date(Math.min(document.creation_date.getTime(), Date.parse(trace.claimed))),
    successful_operations: joined(document.successful_operations, succeeded),
    failed_operations: joined(document.failed_operations, failed),
    successful_count: document.successful_count + unknownOf(document.successful_operations, succeeded).length,
    failed_count: document.failed_count + unknownOf(document.failed_operations, failed).length,
  };
  if (known && known.version !== "" && new Date(known.state_since) > closed) return runs;
  const { reason: _reason, ...rest } = runs;
  return {
    ...rest,
    ...said(object),
    ...$set,
    ...(trace.type_by === "declared" && { declared_type: object.type }),
    workflow_id: trace.workflow_id,
    run_id: trace.run_id,
  };
}

/** Of an object that was forgotten after the run: which it was, and how often it was processed. Put again since, it has its own. */
export function foldForgotten(known: CatalogDocument, { object, trace }: RecordedClosing): CatalogDocument {
  const count = (outcome: "success" | "failed") => trace.dags.filter((dag) => dag.outcome === outcome).length;
  const { id: swift_object_id, number: object_number, store, version } = object;
  const modified = new Date(object.lastModified);
  const latest = known.state === "forgotten" && known.last_modified <= modified;
  return {
    ...known,
    creation_date: new Date(Math.min(known.creation_date.getTime(), Date.parse(trace.claimed))),
    successful_count: known.successful_count + count("success"),
    failed_count: known.failed_count + count("failed"),
    ...(latest && { swift_object_id, object_number, store, version, last_modified: modified }),
  };
}

/** A document that a run has, or had when it was cut off: reconciliation looks at it once that run is gone. */
export function foldOpen(
  known: CatalogDocument | undefined,
  {
    object,
    claimed,
    workflowId,
    runId,
  }: { readonly object: ObjectInfo; readonly claimed: string; readonly workflowId: string; readonly runId: string },
): CatalogDocument {
  const since = new Date(claimed);
  const document = known ?? documentOf(object, since);
  if (known && known.version !== "" && new Date(known.state_since) > since) return document;
  return { ...document, ...said(object), state: "processing", state_since: since, workflow_id: workflowId, run_id: runId };
}

function documentOf({ container, key, store, number, id }: ObjectInfo, now: Date): CatalogDocument {
  return newDocument({ container, key, store, number, swiftId: id, now });
}

/** What was known of an object when it was admitted. */
function said(object: ObjectInfo) {
  return {
    swift_object_id: object.id,
    content_type: object.type,
    object_number: object.number,
    version: object.version,
    size: object.size,
    last_modified: new Date(object.lastModified),
    other_data: object.metadata,
    project: object.project,
    swift_user: object.user,
    application: object.application,
    data_processing: object.dataProcessing,
  };
}

function joined(known: readonly Operation[], more: readonly Operation[]): readonly Operation[] {
  return [...known, ...unknownOf(known, more)]
    .toSorted((one, other) => one.execution_date.getTime() - other.execution_date.getTime())
    .slice(-keptOperations);
}

function unknownOf(known: readonly Operation[], more: readonly Operation[]): readonly Operation[] {
  return more.filter(({ run_id, dag_id }) => !known.some((one) => one.run_id === run_id && one.dag_id === dag_id));
}
