/** What an integrator says about what it wrote; kept on the catalog document. */
export type Receipt = {
  /** `influxdb`, `neo4j`, `mongodb`, `store`. */
  readonly sink: string;
  /** What was written: `points`, `nodes and relations`, `documents`, `objects`. */
  readonly what: string;
  readonly count: number;
  /** Readable address: `sluice/readings`, `swift-processed/readings`. */
  readonly where: string;
  /** What is needed to find, replace or delete exactly this again (measurements, collection, labels and keys). */
  readonly locator: { readonly [key: string]: string | number | readonly string[] };
  /** Nobody saw it written: a write that failed or was cut off may have left it. It counts nothing. */
  readonly suspected?: true;
};

/** What a node wrote in the body of a map. */
export type Written = { readonly node: string; readonly receipt: Receipt };
