import type { Catalog } from "../../infra/catalog.ts";
import type { IsLanding } from "../../infra/landing.ts";
import type { HistoryArchive } from "../../infra/histories.ts";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import type { IsClosed } from "../admission/claim.ts";
import type { Activities } from "../contract.ts";
import { assertKnowsItsPast } from "../histories/archive-mark.ts";
import { withHeartbeats } from "../stages/heartbeats.ts";
import { waitingSince } from "./backlog.ts";
import { compareStretch } from "./compare.ts";
import { keepMark, listingParts } from "./parts.ts";
import { readWaitingList, strikeOff } from "./waiting-list.ts";

export type ReconciliationSettings = {
  /** Names of the object stores that the lake reads. */
  readonly stores: readonly string[];
  /** Milliseconds, all of them; see the environment's `SLUICE_RECONCILE_…`. */
  readonly every: number;
  readonly fullEvery: number;
  readonly grace: number;
};

export type ReconciliationDependencies = {
  readonly catalog: Catalog;
  readonly store: (name: string) => ObjectStore;
  readonly isClosed: IsClosed;
  readonly isLanding: IsLanding;
  readonly archive: Pick<HistoryArchive, "list">;
  readonly settings: ReconciliationSettings;
};

type ReconciliationActivities = Pick<Activities, "listParts" | "compareStretch" | "keepMark" | "readWaitingList" | "strikeOff">;

/** What compares the stores with the catalog, and what reads the predecessor's waiting list. */
export function createReconciliation({
  catalog,
  store,
  isClosed,
  isLanding,
  archive,
  settings,
}: ReconciliationDependencies): ReconciliationActivities {
  const stores = () => settings.stores.map(store);
  return {
    listParts: async (scope) => {
      // Who names a container means it, whatever the catalog knows.
      if (scope?.container === undefined) await assertKnowsItsPast({ catalog, archive });
      return await listingParts({ ...settings, catalog, isLanding, stores: stores() }, scope, new Date());
    },
    compareStretch: (part, most, run, grace) =>
      withHeartbeats(async () => {
        const now = new Date();
        // What waits in a journal is run by that, unless somebody asks for all there is.
        const waiting = grace === undefined ? await waitingSince(catalog, part.container, now) : undefined;
        const recent = new Date((waiting ?? now).getTime() - (grace ?? settings.grace));
        return await compareStretch({ catalog, store: store(part.store), isClosed, now, recent }, part, most, run);
      }),
    keepMark: (part, mark) => keepMark(catalog, part, mark),
    // Its objects are Swift's, or were moved from there.
    readWaitingList: () => withHeartbeats(() => readWaitingList({ catalog, stores: stores().toReversed(), isLanding })),
    strikeOff: (entries) => strikeOff(catalog, entries),
  };
}
