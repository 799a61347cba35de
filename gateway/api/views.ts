import type {
  AttemptDocument,
  BrokenFileEntry,
  CatalogDocument,
  DagDocument,
  Operation,
  QuarantineDocument,
  TraceDocument,
} from "../../sdk/contracts/catalog.ts";
import type { JsonObject } from "../../sdk/contracts/json.ts";
import type { ArrivalRecord } from "./deps.ts";
import type {
  ArrivalView,
  BrokenFile,
  DagDetail,
  DagSummary,
  ObjectDocument,
  ObjectSummary,
  OpenRun,
  Quarantined,
  TraceRun,
} from "./types.ts";

/** The catalog's documents as the API shows them: times as text, and the way to the run in the Temporal UI. */
export type Views = ReturnType<typeof createViews>;

export function createViews(temporal: { readonly uiUrl: string; readonly namespace: string }) {
  const workflows = `${temporal.uiUrl.replace(/\/+$/, "")}/namespaces/${encodeURIComponent(temporal.namespace)}/workflows`;

  /** Without a run id the UI shows the last run of the workflow. */
  function link(workflowId: string, runId?: string): string {
    const page = `${workflows}/${encodeURIComponent(workflowId)}`;
    return runId ? `${page}/${encodeURIComponent(runId)}/history` : page;
  }

  function summary(document: CatalogDocument): ObjectSummary {
    const { key, store, version, content_type, size, state, receipts, reason, workflow_id, run_id } = document;
    return {
      container: document.swift_container,
      key,
      store,
      version,
      content_type,
      size,
      state,
      state_since: iso(document.state_since),
      creation_date: iso(document.creation_date),
      dags: dagsOf(document),
      receipts,
      ...(reason && { reason }),
      ...(workflow_id && { workflow_id, link: link(workflow_id, run_id) }),
      ...(run_id && { run_id }),
    };
  }

  function document(of: CatalogDocument): ObjectDocument {
    return {
      ...summary(of),
      data_processing: of.data_processing,
      swift_user: of.swift_user,
      swift_container: of.swift_container,
      swift_object_id: of.swift_object_id,
      application: of.application,
      project: of.project,
      original_object_name: of.original_object_name,
      last_modified: iso(of.last_modified),
      object_number: of.object_number,
      checksum: of.checksum,
      ...(of.declared_type && { declared_type: of.declared_type }),
      other_data: of.other_data,
      processed_data_area_service: of.processed_data_area_service,
      successful_operations: of.successful_operations.map(operation),
      failed_operations: of.failed_operations.map(operation),
      successful_count: of.successful_count,
      failed_count: of.failed_count,
    };
  }

  function run(trace: TraceDocument, attempts: readonly AttemptDocument[]): TraceRun {
    const { version, workflow_id, run_id, door, announced, claimed, closed, content_type, type_by, outcome, dags, reason, successor } =
      trace;
    return {
      version,
      workflow_id,
      run_id,
      door,
      announced,
      claimed,
      closed,
      content_type,
      type_by,
      outcome,
      dags,
      ...(reason && { reason }),
      ...(successor && { successor }),
      link: link(trace.workflow_id, trace.run_id),
      attempts: attemptsOf(trace.run_id, attempts),
    };
  }

  /** The run that has the object now, unless it is on record already. */
  function openRun(
    { state, workflow_id, run_id }: CatalogDocument,
    traces: readonly TraceDocument[],
    attempts: readonly AttemptDocument[],
  ): OpenRun | undefined {
    if (state !== "processing" || !workflow_id || !run_id || traces.some((trace) => trace.run_id === run_id)) return undefined;
    return { workflow_id, run_id, link: link(workflow_id, run_id), attempts: attemptsOf(run_id, attempts) };
  }

  function quarantined(of: QuarantineDocument): Quarantined {
    const { container, key, version, content_type, size, dag, task, reason } = of;
    return {
      container,
      key,
      version,
      content_type,
      size,
      ...(dag && { dag }),
      ...(task && { task }),
      reason,
      since: iso(of.since),
      link: link(of.workflow_id, of.run_id),
    };
  }

  function arrival({ id, state, arrival: of, workflowId, outcome, reason }: ArrivalRecord): ArrivalView {
    return {
      id,
      state,
      ...(of?.container !== undefined && { container: of.container }),
      ...(of?.key !== undefined && { key: of.key }),
      ...(of?.door && { door: of.door }),
      ...(of?.time && { time: of.time }),
      ...(workflowId && { workflow_id: workflowId, link: link(workflowId) }),
      ...(outcome && { outcome }),
      ...(reason && { reason: typeof reason === "string" ? reason : reason.message }),
    };
  }

  return { link, summary, document, run, openRun, quarantined, arrival, dag, dagDetail, brokenFile };
}

function attemptsOf(run: string, attempts: readonly AttemptDocument[]): TraceRun["attempts"] {
  return attempts
    .filter(({ run_id }) => run_id === run)
    .map(({ run_id, task, attempt, at, failure }) => ({ run_id, task, attempt, at: iso(at), failure }));
}

function dag(of: Omit<DagDocument, "plan">): DagSummary {
  return {
    name: of._id,
    plan_hash: of.plan_hash,
    file: of.file,
    source: of.source,
    published: iso(of.published),
    ...(of.broken && { broken: { since: iso(of.broken.since), problems: of.broken.problems } }),
  };
}

function brokenFile({ since, ...file }: BrokenFileEntry): BrokenFile {
  return { ...file, since: iso(since) };
}

function dagDetail(of: DagDocument): DagDetail {
  return { ...dag(of), code: of.code, plan: of.plan as JsonObject };
}

function operation({ execution_date, ...rest }: Operation) {
  return { ...rest, execution_date: iso(execution_date) };
}

function dagsOf({ successful_operations, failed_operations, run_id }: CatalogDocument): readonly string[] {
  const ofRun = [...successful_operations, ...failed_operations].filter((one) => one.run_id === run_id);
  return [...new Set(ofRun.map(({ dag_id }) => dag_id))];
}

/** A predecessor's documents may hold times as text. */
function iso(time: Date): string {
  return new Date(time).toISOString();
}
