import { defaultPayloadConverter } from "@temporalio/common";
import { recordAudit } from "../../infra/audit.ts";
import { type Catalog, newDocument } from "../../infra/catalog.ts";
import type { History } from "../../infra/histories.ts";
import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import type { RunIdentity } from "../contract.ts";
import type { Forgotten } from "../forgetting/contract.ts";
import { auditOf, bare } from "../forgetting/settle.ts";
import { timeOf } from "../histories/read-history.ts";
import { documentsOf, replaceDocuments } from "./documents.ts";

type ObjectName = { readonly container: string; readonly key: string };

/** When each object was forgotten for the last time, and by whom; by `container/key`. */
export type Forgettings = Map<string, { readonly at: Date; readonly run: RunIdentity }>;

/** Writes what a run of `forget` had left of its objects, as far as it is not there; how many they are. */
export async function applyForget(
  catalog: Catalog,
  store: string,
  run: RunIdentity,
  history: History,
  forgettings: Forgettings,
  dryRun: boolean,
): Promise<number> {
  const settled = settledIn(history);
  let count = 0;
  for (const { container, key, at } of settled) {
    const name = `${container}/${key}`;
    if (at > (forgettings.get(name)?.at ?? new Date(0))) forgettings.set(name, { at, run });
  }
  for (const [container, objects] of Map.groupBy(settled, (one) => one.container)) {
    const keys = objects.map(({ key }) => key);
    const known = await documentsOf(catalog, container, keys);
    const news = objects.filter(({ key, at }) => at > (known.get(key)?.state_since ?? new Date(0)));
    count += news.length;
    if (dryRun || news.length === 0) continue;
    const unknown = news.filter(({ key }) => !known.has(key));
    const first = unknown.length > 0 ? await catalog.allocateNumbers(unknown.length) : 0;
    // Which version it was, in which store, is told by the histories of its other runs, or by the store.
    const nothing = { last_modified: new Date(0) };
    const fresh = unknown.map(({ key, at }, index): [string, CatalogDocument] => [
      key,
      { ...newDocument({ container, key, store, number: first + index, now: at }), ...nothing },
    ]);
    const documents = new Map([...known, ...fresh]);
    const left = news.flatMap(({ key, at }) => {
      const document = documents.get(key);
      return document ? [bare(document, run, at)] : [];
    });
    await replaceDocuments(catalog, container, left);
  }
  if (!dryRun)
    for (const { container, key, at, forgotten } of settled)
      await recordAudit(catalog, run.workflowId, { ...auditOf(`${container}/${key}`, forgotten, run), at });
  return count;
}

/** What a run forgot, object by object, whatever became of the run. Nothing of an object is younger than its `at`. */
function settledIn({ events }: History): readonly (ObjectName & { readonly at: Date; readonly forgotten: Forgotten })[] {
  const done = new Set(
    (events ?? []).flatMap(({ activityTaskCompletedEventAttributes: completed }) => {
      const [payload] = completed?.result?.payloads ?? [];
      return payload && defaultPayloadConverter.fromPayload(payload) === true ? String(completed?.scheduledEventId) : [];
    }),
  );
  return (events ?? []).flatMap((event) => {
    const { activityTaskScheduledEventAttributes: scheduled, eventId } = event;
    if (scheduled?.activityType?.name !== "settleForgotten" || !done.has(String(eventId))) return [];
    const [object, forgotten] = scheduled.input?.payloads ?? [];
    if (!object || !forgotten) return [];
    const { container, key } = defaultPayloadConverter.fromPayload<ObjectName>(object);
    return [{ container, key, at: new Date(timeOf(event)), forgotten: defaultPayloadConverter.fromPayload<Forgotten>(forgotten) }];
  });
}
