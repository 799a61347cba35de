import type { Catalog } from "../../infra/catalog.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import type { TraceDocument } from "../../sdk/contracts/catalog.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import type { Integrator, TaskContext } from "../../sdk/execution/context.ts";
import type { IsClosed } from "../admission/claim.ts";
import { undoers } from "../closing/remove-replaced.ts";
import { leftBy, type SuspectDependencies } from "../closing/suspects.ts";
import { knownObject } from "../objects/known-object.ts";
import { beatPosition, positionBefore } from "../stages/attempts.ts";
import { withHeartbeats } from "../stages/heartbeats.ts";
import type { ForgettingActivities, Removed } from "./contract.ts";
import { footprintOf } from "./footprint.ts";
import { type HistoryDependencies, removeHistories } from "./histories.ts";
import { holdToForget, listMembers } from "./hold.ts";
import { settleForgotten } from "./settle.ts";

export type ForgettingDependencies = HistoryDependencies & {
  readonly catalog: Catalog;
  readonly store: (name: string) => ObjectStore;
  /** Where intermediate results lie. */
  readonly lake: ObjectStore;
  readonly integrators: ReadonlyMap<string, Pick<Integrator, "undo" | "suspect">>;
  readonly library: SuspectDependencies["library"];
  readonly context: (object: ObjectInfo, sink: string) => TaskContext;
  readonly isClosed: IsClosed;
};

type ObjectName = { readonly container: string; readonly key: string };

/** What is read of a trace, and what was known of an object by its runs. */
type Traced = Pick<TraceDocument, "container" | "key" | "version" | "workflow_id" | "run_id" | "dags">;
type Past = { readonly traces: readonly Traced[]; readonly runs: readonly Pick<TraceDocument, "workflow_id" | "run_id">[] };

const nameOf = ({ container, key }: ObjectName) => `${container}/${key}`;

/** What was unpacked from an archive was made of it as well. */
const forgetters: { readonly [sink: string]: string } = { ...undoers, store: "unpack-archive" };

/** The activities of the workflow `forget`. */
export function createForgetting(needs: ForgettingDependencies): ForgettingActivities {
  const { catalog, store, lake, integrators, context, isClosed } = needs;

  /** In one search for all objects: the local stand-in for MongoDB scans. */
  async function pastOf(objects: readonly ObjectName[]): Promise<(object: ObjectName) => Past> {
    const found = await Promise.all(
      [...Map.groupBy(objects, ({ container }) => container)].map(async ([container, names]) => {
        const theirs = { container, key: { $in: names.map(({ key }) => key) } };
        const receipts = { container: 1, key: 1, version: 1, workflow_id: 1, run_id: 1, "dags.steps.receipt": 1 };
        const [traces, duplicates] = await Promise.all([
          catalog.traces.find(theirs).project<Traced>(receipts).toArray(),
          catalog.duplicates.find(theirs).toArray(),
        ]);
        return { traces, duplicates };
      }),
    );
    const traces = Map.groupBy(
      found.flatMap((one) => one.traces),
      nameOf,
    );
    const duplicates = Map.groupBy(
      found.flatMap((one) => one.duplicates),
      nameOf,
    );
    return (object) => {
      const own = traces.get(nameOf(object)) ?? [];
      return { traces: own, runs: [...own, ...(duplicates.get(nameOf(object)) ?? [])] };
    };
  }

  async function removeOne(
    { container, key }: ObjectName,
    { traces, runs }: Past,
    tell: (what: string, count: number) => void,
  ): Promise<void> {
    const document = await catalog.documents(container).findOne({ _id: key });
    if (!document) return;
    const receipts = [...document.receipts, ...(await leftBy(needs, document))];
    for (const receipt of footprintOf({ ...document, receipts }, traces)) {
      const undone = await integrators.get(forgetters[receipt.sink] ?? "")?.undo(receipt, context(knownObject(document), receipt.sink));
      tell(`${receipt.what} in ${receipt.sink}`, undone ?? 0);
    }
    const named = runs.map(({ workflow_id: workflowId, run_id: runId }) => ({ workflowId, runId }));
    tell("histories of runs", await removeHistories(needs, { container, key }, named));
  }

  return {
    holdToForget: (objects, run) => Promise.all(objects.map((object) => holdToForget(catalog, isClosed, object, run))),
    removeDerived: (objects) =>
      withHeartbeats(async () => {
        // What earlier attempts removed is not there any more to be counted.
        const removed = (positionBefore() ?? objects.map(() => ({}))) as { [what: string]: number }[];
        const past = await pastOf(objects);
        for (const [index, object] of objects.entries()) {
          const own = removed[index] ?? {};
          await removeOne(object, past(object), (what, count) => {
            if (count === 0) return;
            own[what] = (own[what] ?? 0) + count;
            beatPosition(removed);
          });
        }
        return removed satisfies readonly Removed[];
      }),
    listMembers: (of, after, limit) => listMembers(catalog, of, after, limit),
    settleForgotten: (object, forgotten, run) => settleForgotten({ catalog, store, lake }, object, forgotten, run),
  };
}
