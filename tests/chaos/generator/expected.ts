/** A scalar as it can stand in every database. */
export type Scalar = string | number | boolean;

export type ExpectedPoint = {
  readonly measurement: string;
  readonly tags: { readonly [name: string]: string };
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly fields: { readonly [name: string]: Scalar };
};

/** The documents that an object makes in one collection of the database `processed`, in the order of its rows. */
export type ExpectedDocuments = { readonly collection: string; readonly documents: readonly { readonly [field: string]: unknown }[] };

/** What an image makes of the graph beside its own node, which is known by container and key. */
export type ExpectedImage = {
  /** Of the node `IMAGE`; others may stand beside them. */
  readonly properties: { readonly [name: string]: Scalar };
  readonly relations: readonly { readonly type: string; readonly label: string; readonly key: { readonly [name: string]: Scalar } }[];
};

/** What must be in the databases once a content was processed. */
export type Expected =
  | { readonly state: "quarantined"; readonly code: string }
  | {
      readonly state: "processed";
      readonly points?: readonly ExpectedPoint[];
      readonly documents?: ExpectedDocuments;
      readonly image?: ExpectedImage;
      /** Objects that are unpacked from it, by their path in the archive. */
      readonly members?: readonly Member[];
    };

/** What is put, and what must come of it. */
export type Content = {
  readonly bytes: Buffer;
  readonly contentType?: string;
  /** As the store keeps it beside the object. */
  readonly metadata?: { readonly [name: string]: string };
  readonly expected: Expected;
};

export type Member = { readonly path: string; readonly content: Content };

/** An object with all versions of it that will be put; only the last counts in the end. */
export type Generated = {
  readonly kind: string;
  readonly container: string;
  readonly key: string;
  readonly versions: readonly Content[];
};

/** What a kind of object is made from. */
export type Draft = {
  /** A number that no other object and no member of one has. */
  readonly serial: number;
  /** From 0; what belongs to the object rather than to its content must not depend on it. */
  readonly version: number;
  readonly container: string;
  readonly key: string;
};
