import { type Catalog, newDocument } from "../../infra/catalog.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import type { Admission, Admitted, RunIdentity } from "../contract.ts";
import { isolate } from "./isolate.ts";

/** Admits a group; an arrival with which that can never go well is refused, with the reason, and holds up nobody. */
export async function admitIsolated(
  catalog: Catalog,
  arrivals: readonly Arrival[],
  run: RunIdentity,
  attempt: number,
  admit: (arrivals: readonly Arrival[]) => Promise<Admission>,
): Promise<Admission> {
  const { done, poisoned } = await isolate(arrivals, attempt, admit);
  const [only] = done;
  if (poisoned.length === 0 && done.length === 1 && only) return only;
  const refused = await Promise.all(poisoned.map(({ item, failure }) => refuse(catalog, item, run, attempt, failure)));
  const members = new Map([...done.flatMap((admission) => admission.members), ...refused].map((member) => [member.arrival, member]));
  return {
    members: arrivals.map(({ id }) => members.get(id) as Admitted),
    plans: Object.assign({}, ...done.map(({ plans }) => plans)) as Admission["plans"],
  };
}

async function refuse(catalog: Catalog, arrival: Arrival, run: RunIdentity, attempt: number, failure: Failure): Promise<Admitted> {
  const claimed = new Date();
  // Where even a document without anything in it is too much for the catalog, the run alone says what happened.
  const { done } = await isolate([arrival], attempt, () => open(catalog, arrival, run, claimed));
  return {
    arrival: arrival.id,
    status: "refused",
    object: asAnnounced(arrival, done[0]),
    failure,
    claimed: claimed.toISOString(),
    previous: done[0]?.receipts ?? [],
  };
}

/** The document that is to say why; undefined where another run has it. */
async function open(catalog: Catalog, arrival: Arrival, run: RunIdentity, now: Date): Promise<CatalogDocument | undefined> {
  const { container, key, store, swiftId } = arrival;
  const documents = catalog.documents(container);
  const known = await documents.findOne({ _id: key });
  if (known?.state === "processing" && known.workflow_id !== run.workflowId && known.workflow_id !== run.takesOver) return undefined;
  const number = known ? 0 : await catalog.allocateNumbers(1);
  const document = known ?? newDocument({ container, key, store, number, now, ...(swiftId !== undefined && { swiftId }) });
  const ours = { state: "processing", state_since: now, workflow_id: run.workflowId, run_id: run.runId } as const;
  const { _id, state: _state, state_since: _since, ...fresh } = document;
  await documents.updateOne({ _id }, { $set: ours, ...(!known && { $setOnInsert: fresh }) }, { upsert: true });
  return document;
}

function asAnnounced(arrival: Arrival, document: CatalogDocument | undefined): ObjectInfo {
  const { store, container, key, version, contentType, size, time, user } = arrival;
  return {
    id: document?.swift_object_id ?? "",
    number: document?.object_number ?? 0,
    store,
    container,
    key,
    version: version ?? document?.version ?? "",
    type: contentType ?? "application/octet-stream",
    size: size ?? 0,
    lastModified: time,
    user: user ?? "",
    project: container,
    application: "",
    dataProcessing: "default",
    metadata: {},
  };
}
