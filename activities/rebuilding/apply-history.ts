import { type Catalog, claimId } from "../../infra/catalog.ts";
import type { History } from "../../infra/histories.ts";
import type { CatalogDocument, TraceDocument } from "../../sdk/contracts/catalog.ts";
import { writeDuplicates } from "../admission/duplicates.ts";
import { quarantine } from "../closing/close.ts";
import { untakenTrace } from "../closing/untaken.ts";
import type { RunIdentity } from "../contract.ts";
import { silenced, spendClaims } from "../forgetting/settle.ts";
import { tracesOfHistory } from "../histories/read-history.ts";
import { documentsOf, replaceDocuments } from "./documents.ts";
import { foldClosing, foldForgotten, foldOpen } from "./fold.ts";
import type { Forgettings } from "./forgettings.ts";

type Applied = { readonly traces: number; readonly objects: number };

/** Writes to the catalog what an `ingest` run had written, as far as it is not there, and was not forgotten since. */
export async function applyIngest(
  catalog: Catalog,
  run: RunIdentity,
  history: History,
  forgettings: Forgettings,
  dryRun: boolean,
): Promise<Applied> {
  const { closings, open, untaken, duplicates } = tracesOfHistory(history);
  if (!dryRun) await writeDuplicates(catalog, duplicates, run);
  const container = (closings[0]?.object ?? open[0]?.object ?? untaken[0]?.arrival)?.container;
  if (container === undefined) return { traces: 0, objects: 0 };
  const traceOf = (key: string) => `${run.runId}/${container}/${key}`;
  const all = [...closings.map(({ object }) => object.key), ...untaken.map(({ arrival }) => arrival.key)];
  const there = new Set(
    (await catalog.traces.find({ _id: { $in: all.map(traceOf) } }, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id),
  );
  const lost = closings.filter(({ object }) => !there.has(traceOf(object.key)));
  const aside = untaken.filter(({ arrival }) => !there.has(traceOf(arrival.key)));
  const settled = lost.filter(({ trace }) => trace.outcome !== "handed-over");
  const documents = await documentsOf(
    catalog,
    container,
    [...settled, ...open].map(({ object }) => object.key),
  );
  const changed = new Map<string, CatalogDocument>();
  const forgotten = (key: string, at: string) => {
    const last = forgettings.get(`${container}/${key}`);
    return last && last.at >= new Date(at) ? last.run : undefined;
  };
  for (const closing of settled) {
    const { key } = closing.object;
    const known = changed.get(key) ?? documents.get(key);
    if (!forgotten(key, closing.closed)) changed.set(key, foldClosing(known, closing));
    else if (known) changed.set(key, foldForgotten(known, closing));
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
    ...aside.map(({ outcome, arrival, failure, looked }) => {
      const whole = untakenTrace(outcome, arrival, failure, run, new Date(looked));
      return forgotten(arrival.key, looked) ? silenced(whole) : whole;
    }),
  ];
  const result = { traces: traces.length, objects: [...changed].filter(([key, document]) => documents.get(key) !== document).length };
  if (dryRun) return result;

  const claimed = [
    ...settled.map(({ object, trace, arrival, closed }) => ({
      object,
      arrival,
      claimed: trace.claimed,
      outcome: trace.outcome,
      at: closed,
    })),
    ...open.map(({ object, arrival, claimed: at }) => ({ object, arrival, claimed: at, outcome: undefined, at })),
  ];
  for (const { object, at } of claimed) {
    const by = forgotten(object.key, at);
    if (by) await spendClaims(catalog, [claimId(container, object.key, object.version)], by);
  }
  const claims = claimed.map(({ object, arrival, claimed: at, outcome }) => ({
    updateOne: {
      filter: { _id: claimId(container, object.key, object.version) },
      update: {
        $setOnInsert: {
          workflow_id: run.workflowId,
          run_id: run.runId,
          arrival: arrival.id,
          claimed: new Date(at),
          ...(outcome !== undefined && { outcome }),
        },
      },
      upsert: true,
    },
  }));
  if (claims.length > 0) await catalog.claims.bulkWrite(claims, { ordered: false });
  await replaceDocuments(catalog, container, [...changed.values()]);
  for (const closing of settled.filter(({ object, closed }) => !forgotten(object.key, closed))) {
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
