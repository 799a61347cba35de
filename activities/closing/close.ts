import type { Catalog } from "../../infra/catalog.ts";
import { claimId } from "../../infra/catalog.ts";
import type { ObjectState, Operation, QuarantineDocument, ResultsDocument, TraceDocument, TraceStep } from "../../sdk/contracts/catalog.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import type { Closing, RunIdentity } from "../contract.ts";
import { workIn } from "../work/references.ts";

/** This many operations of each kind stand on the document; the traces hold all. */
const keptOperations = 100;

/** Writes outcomes of objects of one container, in a handful of bulk writes; see `Activities.closeDocuments`. */
export async function closeDocuments(catalog: Catalog, closings: readonly Closing[], run: RunIdentity, now = new Date()): Promise<void> {
  const container = closings[0]?.object.container;
  if (container === undefined) return;
  const traces = closings.map((closing): TraceDocument => ({
    ...closing.trace,
    _id: `${run.runId}/${closing.object.container}/${closing.object.key}`,
    closed: now.toISOString(),
  }));
  const results = closings.flatMap(({ results: dags, object }, index): ResultsDocument[] =>
    dags
      ? [{ _id: traces[index]?._id ?? "", version: object.version, closed: now.toISOString(), dags, works: [...new Set(workIn(dags))] }]
      : [],
  );
  if (results.length > 0)
    await catalog.results.bulkWrite(
      results.map((one) => ({ replaceOne: { filter: { _id: one._id }, replacement: one, upsert: true } })),
      { ordered: false },
    );
  // The trace first, the claim last: whoever finds the document closed finds its trace.
  await catalog.traces.bulkWrite(
    traces.map((trace) => ({ replaceOne: { filter: { _id: trace._id }, replacement: trace, upsert: true } })),
    { ordered: false },
  );
  const settled = closings.filter(({ trace }) => trace.outcome !== "handed-over");
  if (settled.length === 0) return;
  // Only the run that has the document closes it, and only once: a repeated activity adds no second operation.
  const held = { state: "processing" as const, run_id: run.runId };
  await Promise.all([
    catalog.documents(container).bulkWrite(
      settled.map((closing) => ({
        updateOne: { filter: { swift_object_id: closing.object.id, ...held }, update: updateOf(closing, run, now) },
      })),
      { ordered: false },
    ),
    quarantine(catalog, settled, run, now),
  ]);
  await catalog.claims.bulkWrite(
    settled.map(({ object, trace }) => ({
      updateOne: { filter: { _id: claimId(object.container, object.key, object.version) }, update: { $set: { outcome: trace.outcome } } },
    })),
    { ordered: false },
  );
}

export function updateOf({ trace, left }: Closing, run: RunIdentity, now: Date) {
  const operations = trace.dags.map(({ dag, plan, code, outcome, steps }) => {
    const failed = steps.find(({ status }) => status === "failed");
    const operation: Operation = {
      execution_date: now,
      dag_id: dag,
      operation_instance: run.runId,
      workflow_id: run.workflowId,
      run_id: run.runId,
      plan,
      code,
      ...(failed && { task: failed.task }),
      ...(failed?.failure && { failure: failed.failure }),
    };
    return { operation, outcome };
  });
  const of = (outcome: "success" | "failed") => operations.filter((entry) => entry.outcome === outcome).map(({ operation }) => operation);
  const receipts = [...left, ...trace.dags.flatMap(({ steps }) => receiptsOf(steps))];
  const [succeeded, failed] = [of("success"), of("failed")];
  return {
    $set: {
      state: trace.outcome as ObjectState,
      state_since: now,
      content_type: trace.content_type,
      receipts,
      processed_data_area_service: [...new Set(receipts.filter(({ suspected }) => !suspected).map(({ sink }) => sink))],
      ...(trace.reason && { reason: trace.reason }),
    },
    $unset: { writing: "" as const, ...(!trace.reason && { reason: "" as const }) },
    $inc: { successful_count: succeeded.length, failed_count: failed.length },
    $push: {
      successful_operations: { $each: succeeded, $slice: -keptOperations },
      failed_operations: { $each: failed, $slice: -keptOperations },
    },
  };
}

/** What was written and not undone. */
function receiptsOf(steps: readonly TraceStep[]): readonly Receipt[] {
  const undone = new Set(steps.filter(({ status }) => status === "undone").map(({ node }) => node));
  return steps.flatMap(({ node, receipt }) => (receipt && !undone.has(node) ? receipt : []));
}

/** What is wrong with its input goes to quarantine; what was processed leaves it. */
export async function quarantine(catalog: Catalog, closings: readonly Closing[], run: RunIdentity, now: Date): Promise<void> {
  const writes = closings.map(({ object, trace }) => {
    const _id = `${object.container}/${object.key}`;
    if (trace.outcome !== "quarantined" || !trace.reason) return { deleteOne: { filter: { _id } } };
    const dag = trace.dags.find(({ outcome }) => outcome === "failed")?.dag;
    const replacement: Omit<QuarantineDocument, "_id"> = {
      container: object.container,
      key: object.key,
      version: object.version,
      swift_object_id: object.id,
      content_type: object.type,
      size: object.size,
      ...(dag !== undefined && { dag }),
      ...(trace.reason.task !== undefined && { task: trace.reason.task }),
      reason: trace.reason,
      since: now,
      workflow_id: run.workflowId,
      run_id: run.runId,
    };
    return { replaceOne: { filter: { _id }, replacement, upsert: true } };
  });
  await catalog.quarantine.bulkWrite(writes, { ordered: false });
}
