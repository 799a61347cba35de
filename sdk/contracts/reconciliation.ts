import type { Arrival } from "./arrival.ts";

/** What of the lake is compared with its stores: all of it where nothing is said. */
export type ReconciliationScope = {
  readonly container?: string;
  /** Of keys. */
  readonly prefix?: string;
  /** Milliseconds: objects that landed since are left to their webhooks. By default `SLUICE_RECONCILE_GRACE`. */
  readonly grace?: number;
};

/** A part of a container that is to be listed: keys that begin with `prefix`, after `after`, in the store's order. */
export type ListingPart = {
  readonly store: string;
  readonly container: string;
  readonly prefix: string;
  readonly after: string;
  /** How many keys this time; to the end where it is left out. */
  readonly budget?: number;
  /**
   * `pass`: the next part of the container's pass. `tail`: what came after the last key that is known. `now`: what
   * somebody asked for.
   */
  readonly kind: "pass" | "tail" | "now";
  readonly pass: PassMark;
};

/** How far the comparison of a container with its listing has come. Times are ISO 8601. */
export type PassMark = {
  /** When the pass that is underway began. */
  readonly begun: string;
  /** Keys after this one are still to be listed; an empty text: all. */
  readonly after: string;
  /** Keys that it has listed so far. */
  readonly listed: number;
  /** When the last whole pass began, and how many keys it listed. */
  readonly whole?: { readonly begun: string; readonly ended: string; readonly size: number };
  /** The last key of the container when its end was last seen: in time-ordered layouts, new ones come after it. */
  readonly last?: string;
};

/** Why an object was found. */
export const findings = ["unannounced", "changed", "stuck", "returned"] as const;
export type Finding = (typeof findings)[number];

/** Some consecutive keys of a part, held against the catalog. */
export type Stretch = {
  readonly listed: number;
  /** Those of which the catalog has this very version, or a run that is at it. */
  readonly known: number;
  /** Those that are left to their webhooks. */
  readonly young: number;
  /** Documents whose object was not there any more. */
  readonly gone: number;
  readonly found: readonly { readonly finding: Finding; readonly object: Landed }[];
  /** Where to go on; left out at the end of the part. */
  readonly next?: string;
  /** The last key before the first young one. */
  readonly settled?: string;
};

type Landed = Omit<Arrival, "id" | "time" | "door">;

/** An entry of the predecessor's waiting list, by which it is found again: `field` is the list's name. */
export type WaitingEntry = { readonly field: string; readonly swift_id: string | number; readonly swift_container: string };

export type ListedAsWaiting = WaitingEntry & { readonly object: Landed };

export type WaitingList = {
  readonly taken: readonly ListedAsWaiting[];
  /** There are more. */
  readonly more: boolean;
  /** How many entries cannot be processed and stay, with some of them and why. */
  readonly unknown: number;
  readonly examples: readonly { readonly entry: string; readonly reason: string }[];
};

/** What a run of `reconcile` has seen so far; under the name `listing` it stands in the run's memo. */
export type ListingCounts = {
  readonly scope: ReconciliationScope;
  readonly listed: number;
  readonly known: number;
  readonly young: number;
  readonly gone: number;
  readonly found: number;
  readonly findings: { readonly [finding in Finding]: number };
  /** What could not be looked at, and why. */
  readonly problems: readonly string[];
};

/** Before anything was listed. */
export function noCounts(scope: ReconciliationScope = {}): ListingCounts {
  const findings = { unannounced: 0, changed: 0, stuck: 0, returned: 0 };
  return { scope, listed: 0, known: 0, young: 0, gone: 0, found: 0, findings, problems: [] };
}

/** What a run over the predecessor's waiting list has done; under the same name in its memo. */
export type WaitingListCounts = Pick<WaitingList, "unknown" | "examples"> & {
  /** Entries that were given to runs and struck off. */
  readonly taken: number;
};

export const listingMemo = "listing";
