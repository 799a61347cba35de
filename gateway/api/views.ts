import type { AttemptDocument, CatalogDocument, Operation, QuarantineDocument, TraceDocument } from "../../sdk/contracts/catalog.ts";
import { because } from "./because.ts";
import type { ArrivalRecord } from "./deps.ts";
import type { ForgettingRun } from "./forgetting-runs.ts";
import { brokenFile, dag, dagDetail, iso, pass, worker } from "./lake-views.ts";
import type { RebuildRun } from "./rebuild-runs.ts";
import type { FoundReconciliation } from "./reconciliation-runs.ts";
import type { FoundReprocessing } from "./reprocessing-runs.ts";
import type { Story } from "./trace-reader.ts";
import type {
  ArrivalView,
  Forgetting,
  ObjectDocument,
  ObjectSummary,
  OpenRun,
  ReconciliationRun,
  ReprocessingRun,
  Quarantined,
  Rebuilding,
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

  /** `known` says of a run whether Temporal still has it. */
  function story({ traces, attempts, duplicates, audit, histories, removed, files, lost }: Story, known: ReadonlyMap<string, boolean>) {
    return {
      runs: traces.map((trace) =>
        run(trace, {
          attempts,
          files,
          archived: histories.has(trace.run_id),
          inTemporal: !removed.has(trace.run_id) && known.get(trace.run_id),
        }),
      ),
      duplicates: duplicates.map(({ door, announced, refused, holder, workflow_id, run_id }) => ({
        door,
        announced,
        refused: iso(refused),
        holder,
        workflow_id,
        run_id,
        link: link(workflow_id, run_id),
      })),
      audit: audit.map(({ action, at, by, selection, counts, notes, workflow_id }) => ({
        action,
        at: iso(at),
        by,
        ...(selection && { selection }),
        ...(counts && { counts }),
        ...(notes && { notes }),
        ...(workflow_id && { workflow_id, link: link(workflow_id) }),
      })),
      lost: lost.map(({ workflow_id, run_id }) => ({
        workflow_id,
        run_id,
        link: link(workflow_id, run_id),
        archived: histories.has(run_id),
      })),
    };
  }

  function run(
    trace: TraceDocument,
    of: {
      readonly attempts: readonly AttemptDocument[];
      readonly files: ReadonlyMap<string, string>;
      readonly archived: boolean;
      readonly inTemporal: boolean | undefined;
    },
  ): TraceRun {
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
      dags: dags.map((dag) => ({ ...dag, ...(of.files.has(dag.dag) && { file: of.files.get(dag.dag) }) })),
      ...(reason && { reason }),
      ...(successor && { successor }),
      link: link(trace.workflow_id, trace.run_id),
      attempts: attemptsOf(trace.run_id, of.attempts),
      archived: of.archived,
      ...(of.inTemporal !== undefined && { in_temporal: of.inTemporal }),
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

  function forgetting({ id, state, started, ended, result, problem }: ForgettingRun): Forgetting {
    return {
      id,
      link: link(id),
      state,
      started: iso(started),
      ...(ended && { ended: iso(ended) }),
      ...(result && { forgotten: result.forgotten, removed: { ...result.removed } }),
      ...(problem && { problem }),
    };
  }

  function rebuilding({ started, ended, ...run }: RebuildRun): Rebuilding {
    return { ...run, link: link(run.id), started: iso(started), ...(ended && { ended: iso(ended) }) };
  }

  function arrival(record: ArrivalRecord): ArrivalView {
    const { id, state, received, arrival: of, waits, workflowId, outcome, reason } = record;
    return {
      id,
      state,
      accepted: received,
      ...(waits && { because: because(record) }),
      ...(of?.container !== undefined && { container: of.container }),
      ...(of?.key !== undefined && { key: of.key }),
      ...(of?.door && { door: of.door }),
      ...(of?.time && { time: of.time }),
      ...(workflowId && { workflow_id: workflowId, link: link(workflowId) }),
      ...(outcome && { outcome }),
      ...(reason && { reason: typeof reason === "string" ? reason : reason.message }),
    };
  }

  function reprocessing(run: FoundReprocessing): ReprocessingRun {
    return { ...run, link: link(run.workflow_id) };
  }

  function reconciliation(run: FoundReconciliation): ReconciliationRun {
    return { ...run, link: link(run.workflow_id) };
  }

  return {
    reconciliation,
    pass,
    reprocessing,
    link,
    summary,
    document,
    story,
    openRun,
    quarantined,
    forgetting,
    rebuilding,
    arrival,
    dag,
    dagDetail,
    brokenFile,
    worker,
  };
}

function attemptsOf(run: string, attempts: readonly AttemptDocument[]): TraceRun["attempts"] {
  return attempts
    .filter(({ run_id }) => run_id === run)
    .map(({ run_id, task, item, attempt, started, at, failure }) => ({
      run_id,
      task,
      ...(item !== undefined && { item }),
      attempt,
      ...(started && { started: iso(started) }),
      at: iso(at),
      failure,
    }));
}

function operation({ execution_date, ...rest }: Operation) {
  return { ...rest, execution_date: iso(execution_date) };
}

function dagsOf({ successful_operations, failed_operations, run_id }: CatalogDocument): readonly string[] {
  const ofRun = [...successful_operations, ...failed_operations].filter((one) => one.run_id === run_id);
  return [...new Set(ofRun.map(({ dag_id }) => dag_id))];
}
