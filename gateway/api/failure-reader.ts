import type { Filter } from "mongodb";
import { type Catalog, claimId } from "../../infra/catalog.ts";
import { queryOf } from "../../infra/selection.ts";
import type { QuarantineDocument } from "../../sdk/contracts/catalog.ts";
import type { Selection } from "../../sdk/contracts/selection.ts";
import type { ApiCatalog } from "./deps.ts";
import type { FailedObject } from "./failure-groups.ts";
import type { FailureFilter } from "./types.ts";

type FailureCatalog = Pick<ApiCatalog, "failed" | "quarantine" | "quarantined" | "correct" | "drop">;

/** What the API reads and changes of objects that could not be processed. */
export function createFailureReader(catalog: Pick<Catalog, "documents" | "quarantine" | "claims">): FailureCatalog {
  return {
    async *failed(container, filter) {
      const { filter: asked, fits } = queryOf({ ...selectionOf(filter), states: ["quarantined", "failed"] });
      // What may be large is left where it is.
      const found = catalog.documents(container).find(asked, { projection: { receipts: 0, other_data: 0 } });
      for await (const { reason, ...document } of found.batchSize(1_000)) {
        if (reason && fits(document)) yield { ...document, reason } satisfies FailedObject;
      }
    },

    quarantine: ({ filter, after, limit }) =>
      catalog.quarantine
        .find({ $and: [...conditionsOf(filter), ...(after ? [{ _id: { $gt: after } }] : []), {}] })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray(),

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

function conditionsOf({ container, dag, type, fingerprint, since, until }: FailureFilter): readonly Filter<QuarantineDocument>[] {
  return [
    ...(container !== undefined ? [{ container }] : []),
    ...(dag !== undefined ? [{ dag }] : []),
    ...(type !== undefined ? [{ content_type: { $regex: `^${type.split("*").map(escaped).join(".*")}$` } }] : []),
    ...(fingerprint !== undefined ? [{ "reason.fingerprint": fingerprint }] : []),
    ...(since !== undefined ? [{ since: { $gte: new Date(since) } }] : []),
    ...(until !== undefined ? [{ since: { $lt: new Date(until) } }] : []),
  ];
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
