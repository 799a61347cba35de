/** What came of reading histories. */
export type HistoriesRead = {
  readonly histories: number;
  /** Runs over objects whose trace was missing, and objects that were made anew or brought up to date by them. */
  readonly traces: number;
  readonly objects: number;
  readonly forgotten: number;
  /** Histories that cannot be read: recorded before they told what was closed, or damaged. */
  readonly unreadable: number;
};

/** What came of listing the stores. */
export type StoresRead = {
  readonly listed: number;
  /** Objects that no history knows: what their uploaders said of them is lost. */
  readonly unknown: number;
  readonly plans: number;
};

export type RebuildOptions = { readonly dryRun: boolean };

/** What `rebuild` asks of the world. All of it may be repeated, and changes nothing where the catalog has it already. */
export type RebuildingActivities = {
  /** Indexes, and the counter above every number that was ever given. */
  prepareCatalog(options: RebuildOptions): Promise<void>;
  /** Archived histories, and those of runs that are still in Temporal alone. */
  readHistories(options: RebuildOptions): Promise<HistoriesRead>;
  readStores(options: RebuildOptions): Promise<StoresRead>;
};
