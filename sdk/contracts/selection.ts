import type { ObjectState } from "./catalog.ts";

/**
 * Which objects of the catalog are meant: those for which everything that is given is true. What is left out is not
 * asked; of a list, one entry must fit.
 */
export type Selection = {
  /** `container/key`, exactly. */
  readonly objects?: readonly string[];
  readonly containers?: readonly string[];
  /** A glob over the key, as `readings/**`. */
  readonly key?: string;
  /** Content types; wildcards as in `arrival`: `image/*`. */
  readonly types?: readonly string[];
  readonly states?: readonly ObjectState[];
  /** Of the failure that it is in quarantine for, or failed with. */
  readonly fingerprints?: readonly string[];
  /** DAGs, one of which took it the last time it was processed. */
  readonly dags?: readonly string[];
  /** Hashes of plans (or their beginnings), one of which it was last processed by. */
  readonly plans?: readonly string[];
  /** A DAG whose plan in force has not processed it successfully yet. */
  readonly notByCurrent?: string;
  /** ISO 8601: when its state last changed, from then on, and before. */
  readonly since?: string;
  readonly until?: string;
};

/** Objects that were selected and are to be processed again. */
export type Reprocessing = {
  readonly selection: Selection;
  /** A node of the plan from which to begin: what came before it is kept. */
  readonly from?: string;
  /** The plans now in force, or those that each object was last processed by. Default `now`. */
  readonly plan?: "now" | "then";
  /** Objects a second; none: as fast as they go. */
  readonly rate?: number;
};
