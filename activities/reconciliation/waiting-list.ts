import { z } from "zod";
import type { Catalog } from "../../infra/catalog.ts";
import type { IsLanding } from "../../infra/landing.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import { isSluiceError } from "../../sdk/contracts/errors.ts";
import type { ListedAsWaiting, WaitingEntry, WaitingList } from "../../sdk/contracts/reconciliation.ts";
import { inBatches, inParallel } from "./batches.ts";

type Needs = {
  readonly catalog: Pick<Catalog, "counter" | "documents">;
  /** The first that holds the object is where it is read. */
  readonly stores: readonly ObjectStore[];
  readonly isLanding: IsLanding;
};

/** As the predecessor writes it: its own ids are numbers in some places, texts in others. */
const entryForm = z.object({
  swift_id: z.union([z.string(), z.number()]),
  swift_container: z.string(),
  swift_user: z.string().nullish(),
  content_type: z.string().nullish(),
});

/** Entries that are taken at once, and unknown ones that are told by name. */
const mostTaken = 1_000;
const mostNamed = 20;

/**
 * The predecessor's list of objects to process, which stands in some document of `stats.swift` under a name of its
 * own: any list there whose entries name objects is one. What cannot be processed stays in it, with the reason told.
 */
export async function readWaitingList(needs: Needs): Promise<WaitingList> {
  const taken: ListedAsWaiting[] = [];
  const unknown: { entry: string; reason: string }[] = [];
  for await (const document of needs.catalog.counter.find()) {
    for (const [field, list] of Object.entries(document)) {
      const entries = Array.isArray(list) ? list.filter((entry) => isObject(entry) && "swift_id" in entry) : [];
      for (const some of inBatches(entries, mostTaken)) {
        const looked = await inParallel(some, (entry) => lookAt(needs, field, entry));
        for (const [index, one] of looked.entries()) {
          if (typeof one === "string") unknown.push({ entry: JSON.stringify(some[index]).slice(0, 300), reason: one });
          else taken.push(one);
        }
        if (taken.length >= mostTaken) break;
      }
    }
  }
  return {
    taken: taken.slice(0, mostTaken),
    more: taken.length >= mostTaken,
    unknown: unknown.length,
    examples: unknown.slice(0, mostNamed),
  };
}

/** Takes entries out of their list, each by itself and whole: what was added meanwhile stays. */
export async function strikeOff({ counter }: Pick<Catalog, "counter">, entries: readonly WaitingEntry[]): Promise<void> {
  for (const { field, swift_id, swift_container } of entries) {
    await counter.updateMany({ [field]: { $exists: true } }, { $pull: { [field]: { swift_id, swift_container } } });
  }
}

/** The arrival that an entry stands for, or why there is none. */
async function lookAt({ catalog, stores, isLanding }: Needs, field: string, found: unknown): Promise<ListedAsWaiting | string> {
  const parsed = entryForm.safeParse(found);
  if (!parsed.success) return `It is no entry of a waiting list: ${z.prettifyError(parsed.error)}.`;
  const { swift_id, swift_container: container, swift_user: user, content_type: contentType } = parsed.data;
  if (!isLanding(container)) return `"${container}" is no landing container: add it to SLUICE_CONTAINERS.`;
  const swiftId = String(swift_id);
  const document = await catalog.documents(container).findOne({ swift_object_id: swiftId }, { projection: { key: 1 } });
  const key = document?.key ?? swiftId;
  for (const store of stores) {
    const object = await store.head(container, key).catch((error: unknown) => {
      if (isSluiceError(error) && error.kind === "terminal") return undefined;
      throw error;
    });
    if (!object) continue;
    const { etag, size } = object;
    const said = { ...(user && { user }), ...(contentType && { contentType }) };
    const landed = { store: store.name, tenant: container, container, key, swiftId, etag, size, ...said };
    return { field, swift_id, swift_container: container, object: landed };
  }
  return `No object ${container}/${key} is in ${stores.map(({ name }) => name).join(" or ")}: put it there, or take the entry out of the list.`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
