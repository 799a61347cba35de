import { countSelected, type Position, selectPage, type SelectionNeeds } from "../../infra/select.ts";
import type { Selection } from "../../sdk/contracts/selection.ts";
import type { LandedPage } from "../contract.ts";

/** A page of what a selection means, as it would arrive; see `Activities.selectObjects`. */
export async function selectObjects(
  needs: SelectionNeeds,
  { selection, after, limit }: { readonly selection: Selection; readonly after?: Position; readonly limit: number },
): Promise<LandedPage> {
  const { documents, next } = await selectPage(needs, selection, { after, limit });
  const objects = documents.map(({ store, swift_container: container, key, version, checksum: etag, size, swift_user: user }) => ({
    store,
    tenant: container,
    container,
    key,
    // What was announced only has no version, and no size that is known.
    ...(version && { version, etag, size }),
    ...(user && { user }),
  }));
  return { objects, ...(next && { next }) };
}

export function countObjects(needs: SelectionNeeds, selection: Selection): Promise<number> {
  return countSelected(needs, selection);
}
