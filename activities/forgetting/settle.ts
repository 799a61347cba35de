import { type AuditEntry, recordAudit } from "../../infra/audit.ts";
import { type Catalog, claimId, newDocument } from "../../infra/catalog.ts";
import { type ObjectStore, versionOf } from "../../infra/stores/object-store.ts";
import type { AttemptDocument, CatalogDocument, TraceDocument } from "../../sdk/contracts/catalog.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import type { RunIdentity } from "../contract.ts";
import type { Forgotten } from "./contract.ts";
import { removeKept } from "./kept-values.ts";

type Dependencies = { readonly catalog: Catalog; readonly store: (name: string) => ObjectStore; readonly lake: ObjectStore };

/**
 * Leaves of an object that it was there, when, and how its runs went: no word of its content and of who put it. The
 * raw object goes first, so that whoever repeats this finds the document as it was.
 */
export async function settleForgotten(
  { catalog, store, lake }: Dependencies,
  { container, key }: { readonly container: string; readonly key: string },
  forgotten: Forgotten,
  run: RunIdentity,
): Promise<boolean> {
  const documents = catalog.documents(container);
  const document = await documents.findOne({ _id: key });
  if (!document) return true;
  if (document.run_id !== run.runId) return document.workflow_id === run.workflowId && document.state === "forgotten";
  const object = `${container}/${key}`;
  const traces = await catalog.traces.find({ container, key }).toArray();
  const stored = await store(document.store).head(container, key);
  // Whatever version is known of: none of them is processed again.
  const versions = new Set([document.version, ...traces.map(({ version }) => version), ...(stored ? [versionOf(stored)] : [])]);
  await spendClaims(
    catalog,
    [...versions].map((version) => claimId(container, key, version)),
    run,
  );
  if (forgotten.raw) await store(document.store).deleteVersions(container, key);
  const attempts = await catalog.attempts.find({ container, key }).toArray();
  const replaced = <Document extends { readonly _id: string }>(replacement: Document) => ({
    replaceOne: { filter: { _id: replacement._id }, replacement },
  });
  if (traces.length > 0) await catalog.traces.bulkWrite(traces.map((trace) => replaced(silenced(trace))));
  if (attempts.length > 0) await catalog.attempts.bulkWrite(attempts.map((attempt) => replaced(silent(attempt))));
  await removeKept(
    catalog,
    lake,
    traces.map(({ _id }) => _id),
  );
  await catalog.quarantine.deleteOne({ _id: object });
  await recordAudit(catalog, run.workflowId, auditOf(object, forgotten, run, { runs: traces.length }));
  const { swift_object_id, state } = document;
  const { matchedCount } = await documents.replaceOne({ swift_object_id, state, run_id: run.runId }, bare(document, run));
  return matchedCount === 1;
}

export function auditOf(
  object: string,
  { removed, raw, by }: Forgotten,
  { workflowId }: RunIdentity,
  counts: { readonly runs?: number } = {},
): AuditEntry {
  return {
    action: "forget",
    by,
    object,
    workflow_id: workflowId,
    counts: { ...removed, ...counts },
    notes: [raw ? "with the object in the store" : "the object in the store stays"],
  };
}

/** Versions that are never processed again, whoever announces them. */
export async function spendClaims(catalog: Catalog, ids: readonly string[], { workflowId, runId }: RunIdentity): Promise<void> {
  if (ids.length === 0) return;
  const update = {
    $set: { workflow_id: workflowId, run_id: runId, outcome: "forgotten" },
    $setOnInsert: { arrival: "", claimed: new Date() },
  };
  await catalog.claims.bulkWrite(
    ids.map((_id) => ({ updateOne: { filter: { _id }, update, upsert: true } })),
    { ordered: false },
  );
}

/** That it was there, and nothing of what it was. */
export function bare(document: CatalogDocument, { workflowId, runId }: RunIdentity, now = new Date()): CatalogDocument {
  const { _id: key, swift_container: container, swift_object_id: swiftId, object_number: number, store, version, creation_date } = document;
  const { last_modified, successful_count, failed_count } = document;
  const fresh = newDocument({ container, key, store, number, swiftId, now });
  return {
    ...fresh,
    creation_date,
    last_modified,
    version,
    successful_count,
    failed_count,
    state: "forgotten",
    workflow_id: workflowId,
    run_id: runId,
  };
}

const withheld = "What it said is forgotten with the object.";

function silencedFailure({ code, kind, task, fingerprint }: Failure): Failure {
  return { code, kind, fingerprint, message: withheld, ...(task !== undefined && { task }) };
}

export function silenced({ reason, ...trace }: TraceDocument): TraceDocument {
  const dags = trace.dags.map((dag) => ({
    ...dag,
    steps: dag.steps.map(({ receipt: _receipt, failure, ...step }) => ({ ...step, ...(failure && { failure: silencedFailure(failure) }) })),
  }));
  return { ...trace, dags, ...(reason && { reason: silencedFailure(reason) }) };
}

function silent(attempt: AttemptDocument): AttemptDocument {
  return { ...attempt, failure: silencedFailure(attempt.failure) };
}
