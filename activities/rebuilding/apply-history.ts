import { type Catalog, claimId, newDocument } from "../../infra/catalog.ts";
import type { History } from "../../infra/histories.ts";
import { defaultPayloadConverter } from "@temporalio/common";
import type { CatalogDocument, TraceDocument } from "../../sdk/contracts/catalog.ts";
import { quarantine } from "../closing/close.ts";
import { goneTrace } from "../closing/gone.ts";
import { silenced } from "../forgetting/settle.ts";
import { tracesOfHistory } from "../histories/read-history.ts";
import { foldClosing, foldOpen } from "./fold.ts";

export type Run = { readonly workflowId: string; readonly runId: string; readonly closed: Date };
type Applied = { readonly traces: number; readonly objects: number };
type ObjectName = { readonly container: string; readonly key: string };

/** Writes to the catalog what an `ingest` run had written, as far as it is not there. */
export async function applyIngest(catalog: Catalog, run: Run, history: History, dryRun: boolean): Promise<Applied> {
  const { closings, open, gone } = tracesOfHistory(history);
  const container = (closings[0]?.object ?? open[0]?.object ?? gone[0]?.arrival)?.container;
  if (container === undefined) return { traces: 0, objects: 0 };
  const traceOf = (key: string) => `${run.runId}/${container}/${key}`;
  const all = [...closings.map(({ object }) => object.key), ...gone.map(({ arrival }) => arrival.key)];
  const there = new Set(
    (await catalog.traces.find({ _id: { $in: all.map(traceOf) } }, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id),
  );
  const lost = closings.filter(({ object }) => !there.has(traceOf(object.key)));
  const missing = gone.filter(({ arrival }) => !there.has(traceOf(arrival.key)));
  const settled = lost.filter(({ trace }) => trace.outcome !== "handed-over");
  const documents = await documentsOf(
    catalog,
    container,
    [...settled, ...open].map(({ object }) => object.key),
  );
  const changed = new Map<string, CatalogDocument>();
  const forgotten = (key: string, at: string) => {
    const known = documents.get(key);
    return known?.state === "forgotten" && new Date(known.state_since) >= new Date(at);
  };
  for (const closing of settled) {
    const { key } = closing.object;
    if (!forgotten(key, closing.closed)) changed.set(key, foldClosing(changed.get(key) ?? documents.get(key), closing));
  }
  for (const one of open) {
    const { key } = one.object;
    if (!forgotten(key, one.claimed)) changed.set(key, foldOpen(changed.get(key) ?? documents.get(key), { ...one, ...run }));
  }
  const traces = [
    ...lost.map(({ object, trace, closed }): TraceDocument => {
      const whole = { ...trace, _id: traceOf(object.key), closed };
      return forgotten(object.key, closed) ? silenced(whole) : whole;
    }),
    ...missing.map(({ arrival, failure, looked }) => goneTrace(arrival, failure, run, new Date(looked))),
  ];
  const result = { traces: traces.length, objects: [...changed].filter(([key, document]) => documents.get(key) !== document).length };
  if (dryRun) return result;

  const claims = [
    ...settled.map(({ object, trace, arrival }) => ({ object, arrival, claimed: trace.claimed, outcome: trace.outcome })),
    ...open.map(({ object, arrival, claimed }) => ({ object, arrival, claimed, outcome: undefined })),
  ].map(({ object, arrival, claimed, outcome }) => ({
    updateOne: {
      filter: { _id: claimId(container, object.key, object.version) },
      update: {
        $setOnInsert: {
          workflow_id: run.workflowId,
          run_id: run.runId,
          arrival: arrival.id,
          claimed: new Date(claimed),
          ...(outcome !== undefined && { outcome }),
        },
      },
      upsert: true,
    },
  }));
  if (claims.length > 0) await catalog.claims.bulkWrite(claims, { ordered: false });
  await replaceDocuments(catalog, container, [...changed.values()]);
  for (const closing of settled) {
    const latest = changed.get(closing.object.key)?.run_id === run.runId;
    if (latest) await quarantine(catalog, [closing], run, new Date(closing.closed));
  }
  // The traces last: what has its trace is not looked at again.
  if (traces.length > 0)
    await catalog.traces.bulkWrite(
      traces.map((trace) => ({ replaceOne: { filter: { _id: trace._id }, replacement: trace, upsert: true } })),
      { ordered: false },
    );
  return result;
}

/** What a `forget` run that was completed had left of its objects. */
export async function applyForget(catalog: Catalog, run: Run, history: History, dryRun: boolean): Promise<number> {
  const [payload] = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  const { objects = [] } = payload ? defaultPayloadConverter.fromPayload<{ readonly objects?: readonly ObjectName[] }>(payload) : {};
  let count = 0;
  for (const [container, names] of Map.groupBy(objects, (object) => object.container)) {
    const known = await documentsOf(
      catalog,
      container,
      names.map(({ key }) => key),
    );
    const unknown = names.filter(({ key }) => !known.has(key));
    count += unknown.length;
    if (dryRun || unknown.length === 0) continue;
    const first = await catalog.allocateNumbers(unknown.length);
    await replaceDocuments(
      catalog,
      container,
      unknown.map(({ key }, index) => ({
        ...newDocument({ container, key, store: "s3", number: first + index, now: run.closed }),
        state: "forgotten",
        workflow_id: run.workflowId,
        run_id: run.runId,
      })),
    );
  }
  return count;
}

async function documentsOf(catalog: Catalog, container: string, keys: readonly string[]): Promise<ReadonlyMap<string, CatalogDocument>> {
  if (keys.length === 0) return new Map();
  const found = await catalog
    .documents(container)
    .find({ _id: { $in: [...keys] } })
    .toArray();
  return new Map(found.map((document) => [document._id, document]));
}

async function replaceDocuments(catalog: Catalog, container: string, documents: readonly CatalogDocument[]): Promise<void> {
  if (documents.length === 0) return;
  await catalog.documents(container).bulkWrite(
    documents.map((document) => ({ replaceOne: { filter: { _id: document._id }, replacement: document, upsert: true } })),
    { ordered: false },
  );
}
