import { type Catalog, claimId } from "../../infra/catalog.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import { closeDocuments } from "../closing/close.ts";
import type { Closing, RunIdentity, Unkept } from "../contract.ts";
import { isolate } from "./isolate.ts";

/**
 * Closes documents; one that the catalog does not take as it is (too large, say) is closed as failed, with the reason
 * and with as much of its trace as it takes: its receipts if possible, so that a later processing can replace them.
 */
export async function closeIsolated(
  catalog: Catalog,
  closings: readonly Closing[],
  run: RunIdentity,
  attempt: number,
): Promise<readonly Unkept[]> {
  const close = (some: readonly Closing[]) => closeDocuments(catalog, some, run);
  const { poisoned } = await isolate(closings, attempt, close);
  for (const { item, failure } of poisoned) {
    const ways = [
      () => close([withoutDetails(item, failure)]),
      () => close([withoutSteps(item, failure)]),
      () => sayFailed(catalog, item, run, failure),
    ];
    for (const way of ways) if ((await isolate([way], attempt, ([go]) => go?.() ?? Promise.resolve())).poisoned.length === 0) break;
  }
  return poisoned
    .filter(({ item }) => item.trace.outcome !== "handed-over")
    .map(({ item, failure }) => ({ arrival: item.arrival.id, failure }));
}

function withoutDetails(closing: Closing, failure: Failure): Closing {
  const dags = closing.trace.dags.map((dag) => ({
    ...dag,
    steps: dag.steps.map(({ node, task, status, receipt }) => ({ node, task, status, ...(receipt && { receipt }) })),
  }));
  return { ...closing, results: undefined, trace: { ...closing.trace, ...failedBy(closing, failure), dags } };
}

function withoutSteps(closing: Closing, failure: Failure): Closing {
  const dags = closing.trace.dags.map((dag) => ({ ...dag, steps: [] }));
  return { ...closing, results: undefined, left: [], trace: { ...closing.trace, ...failedBy(closing, failure), dags } };
}

/** Where not even that is taken: its operations are no list, since somebody else wrote them, say. */
async function sayFailed(catalog: Catalog, { object, trace }: Closing, run: RunIdentity, reason: Failure): Promise<void> {
  if (trace.outcome === "handed-over") return;
  const { id, container, key, version } = object;
  const ended = { state: "failed", state_since: new Date(), reason } as const;
  await catalog.documents(container).updateOne({ swift_object_id: id, state: "processing", run_id: run.runId }, { $set: ended });
  await catalog.claims.updateOne({ _id: claimId(container, key, version) }, { $set: { outcome: "failed" } });
}

function failedBy({ trace }: Closing, reason: Failure): Pick<Closing["trace"], "outcome" | "reason"> {
  return trace.outcome === "handed-over" ? { outcome: trace.outcome } : { outcome: "failed", reason };
}
