import type { Filter } from "mongodb";
import { type Catalog, claimId } from "../../infra/catalog.ts";
import { literally } from "../../infra/literally.ts";
import { lastOperations, queryOf } from "../../infra/selection.ts";
import type { QuarantineDocument } from "../../sdk/contracts/catalog.ts";
import type { Selection } from "../../sdk/contracts/selection.ts";
import type { ApiCatalog } from "./deps.ts";
import type { FailedObject } from "./failure-groups.ts";
import type { FailureFilter } from "./types.ts";

type FailureCatalog = Pick<ApiCatalog, "failed" | "quarantine" | "quarantined" | "correct" | "drop">;

/** What the API reads and changes of objects that could not be processed. */
export function createFailureReader(catalog: Pick<Catalog, "documents" | "quarantine" | "claims">): FailureCatalog {
  /** Those that a DAG took the last time, whichever DAG failed: what `dag` means of every selection. */
  async function takenBy(dag: string, entries: readonly QuarantineDocument[]): Promise<readonly QuarantineDocument[]> {
    const taken = new Set<string>();
    for (const [container, some] of Map.groupBy(entries, (entry) => entry.container)) {
      const keys = some.map(({ key }) => key);
      for await (const document of catalog.documents(container).find({ _id: { $in: keys } }, { projection: operations })) {
        if (lastOperations(document).some(({ dag_id }) => dag_id === dag)) taken.add(`${container}/${document._id}`);
      }
    }
    return entries.filter(({ _id }) => taken.has(_id));
  }

  return {
    async *failed(container, filter, signal) {
      const { filter: asked, fits } = queryOf({ ...selectionOf(filter), states: ["quarantined", "failed"] });
      // What may be large is left where it is.
      const found = catalog.documents(container).find(asked, { projection: { receipts: 0, other_data: 0 }, signal });
      try {
        for await (const { reason, ...document } of found.batchSize(1_000)) {
          if (signal.aborted) return;
          if (reason && fits(document)) yield { ...document, reason } satisfies FailedObject;
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },

    async quarantine({ filter: { dag, ...filter }, after, limit }) {
      const entries: QuarantineDocument[] = [];
      for (let from = after; ;) {
        const page = await catalog.quarantine
          .find({ $and: [...conditionsOf(filter), ...(from ? [{ _id: { $gt: from } }] : []), {}] })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray();
        entries.push(...(dag === undefined ? page : await takenBy(dag, page)));
        if (page.length < limit || entries.length >= limit) return entries.slice(0, limit);
        from = page.at(-1)?._id;
      }
    },

    quarantined: (objects) =>
      catalog.quarantine.find({ _id: { $in: objects.map(({ container, key }) => `${container}/${key}`) } }).toArray(),

    async correct(entries, { declared_type, data_processing, other_data }) {
      const said = { ...(declared_type !== undefined && { declared_type }), ...(data_processing && { data_processing }) };
      for (const [container, some] of Map.groupBy(entries, (entry) => entry.container)) {
        const keys = some.map(({ key }) => key);
        const known = await catalog
          .documents(container)
          .find({ _id: { $in: keys } }, { projection: { other_data: 1 } })
          .toArray();
        if (known.length === 0) continue;
        await catalog.documents(container).bulkWrite(
          known.map(({ _id, other_data: before }) => ({
            updateOne: { filter: { _id }, update: { $set: { ...said, ...(other_data && { other_data: { ...before, ...other_data } }) } } },
          })),
          { ordered: false },
        );
      }
    },

    async drop(entries) {
      const dropped: QuarantineDocument[] = [];
      for (const entry of entries) {
        const { _id, container, key, version, swift_object_id, run_id } = entry;
        // Only as it was seen: what a run has taken meanwhile is that run's.
        const { modifiedCount } = await catalog
          .documents(container)
          .updateOne({ swift_object_id, state: "quarantined", run_id }, { $set: { state: "dropped", state_since: new Date() } });
        if (modifiedCount === 0) continue;
        await catalog.claims.updateOne({ _id: claimId(container, key, version) }, { $set: { outcome: "dropped" } });
        await catalog.quarantine.deleteOne({ _id });
        dropped.push(entry);
      }
      return dropped;
    },
  };
}

const operations = { successful_operations: 1, failed_operations: 1 };

export function selectionOf({ container, dag, type, fingerprint, since, until }: FailureFilter): Selection {
  return {
    ...(container !== undefined && { containers: [container] }),
    ...(dag !== undefined && { dags: [dag] }),
    ...(type !== undefined && { types: [type] }),
    ...(fingerprint !== undefined && { fingerprints: [fingerprint] }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

function conditionsOf({ container, type, fingerprint, since, until }: Omit<FailureFilter, "dag">): readonly Filter<QuarantineDocument>[] {
  return [
    ...(container !== undefined ? [{ container }] : []),
    ...(type !== undefined ? [{ content_type: { $regex: `^${type.split("*").map(literally).join(".*")}$` } }] : []),
    ...(fingerprint !== undefined ? [{ "reason.fingerprint": fingerprint }] : []),
    ...(since !== undefined ? [{ since: { $gte: new Date(since) } }] : []),
    ...(until !== undefined ? [{ since: { $lt: new Date(until) } }] : []),
  ];
}
