import type { Catalog } from "../../infra/catalog.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import type { Integrator, TaskContext } from "../../sdk/execution/context.ts";
import type { IsClosed } from "../admission/claim.ts";
import { undoers } from "../closing/remove-replaced.ts";
import { withHeartbeats } from "../stages/heartbeats.ts";
import type { ForgettingActivities, Removed } from "./contract.ts";
import { footprintOf } from "./footprint.ts";
import { holdToForget, listMembers } from "./hold.ts";
import { settleForgotten } from "./settle.ts";

export type ForgettingDependencies = {
  readonly catalog: Catalog;
  readonly store: (name: string) => ObjectStore;
  /** Where intermediate results lie. */
  readonly lake: ObjectStore;
  readonly integrators: ReadonlyMap<string, Pick<Integrator, "undo">>;
  readonly context: (object: ObjectInfo, sink: string) => TaskContext;
  readonly isClosed: IsClosed;
};

/** What was unpacked from an archive was made of it as well. */
const forgetters: { readonly [sink: string]: string } = { ...undoers, store: "unpack-archive" };

/** The activities of the workflow `forget`. */
export function createForgetting({ catalog, store, lake, integrators, context, isClosed }: ForgettingDependencies): ForgettingActivities {
  async function removeOne(container: string, key: string): Promise<Removed> {
    const document = await catalog.documents(container).findOne({ _id: key });
    if (!document) return {};
    const traces = await catalog.traces.find({ container, key }).toArray();
    for (const receipt of footprintOf(document, traces)) {
      await integrators.get(forgetters[receipt.sink] ?? "")?.undo(receipt, context(infoOf(document), receipt.sink));
    }
    return countsOf(document.receipts);
  }

  return {
    holdToForget: (objects, run) => Promise.all(objects.map((object) => holdToForget(catalog, isClosed, object, run))),
    removeDerived: (objects) =>
      withHeartbeats(async () => {
        const removed: Removed[] = [];
        for (const { container, key } of objects) removed.push(await removeOne(container, key));
        return removed;
      }),
    listMembers: (of, after, limit) => listMembers(catalog, of, after, limit),
    settleForgotten: (object, forgotten, run) => settleForgotten({ catalog, store, lake }, object, forgotten, run),
  };
}

/** What is known of an object that nobody is going to read. */
function infoOf(document: CatalogDocument): ObjectInfo {
  const {
    swift_object_id: id,
    object_number: number,
    store,
    swift_container: container,
    key,
    version,
    content_type: type,
    size,
  } = document;
  const { swift_user: user, project, application, data_processing: dataProcessing, other_data: metadata } = document;
  const lastModified = new Date(document.last_modified).toISOString();
  return { id, number, store, container, key, version, type, size, lastModified, user, project, application, dataProcessing, metadata };
}

function countsOf(receipts: readonly Receipt[]): Removed {
  const counts: { [what: string]: number } = {};
  for (const { what, sink, count } of receipts) counts[`${what} in ${sink}`] = (counts[`${what} in ${sink}`] ?? 0) + count;
  return counts;
}
