/** What a store knows of an object. */
export type StoredObject = {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
  /** The store's version id where versioning is on. */
  readonly versionId?: string;
  readonly contentType?: string;
  /** User metadata, names in lower case without the store's prefix. */
  readonly metadata: { readonly [name: string]: string };
};

export type ByteRange = {
  /** First byte, from 0. */
  readonly start: number;
  /** One past the last byte; to the end where absent. */
  readonly end?: number;
};

/**
 * The one interface by which the engine reads and writes objects; S3 and Swift each have one file beside this, and
 * one contract suite holds both to it. A missing object or container is `undefined` or an `OBJECT_GONE` error, never
 * the vendor's; an unreachable store is a retryable `STORE_UNAVAILABLE`.
 */
export type ObjectStore = AsyncDisposable & {
  readonly name: string;
  head(container: string, key: string): Promise<StoredObject | undefined>;
  /**
   * Content and what the store knows of it, in one request. A range beyond the end is empty, as with a slice.
   * @throws `OBJECT_GONE` (terminal); `OBJECT_CHANGED` (terminal) when `ifEtag` is given and no longer holds.
   */
  get(
    container: string,
    key: string,
    options?: { readonly range?: ByteRange; readonly ifEtag?: string; readonly signal?: AbortSignal },
  ): Promise<{ readonly object: StoredObject; readonly body: AsyncIterable<Uint8Array> }>;
  /**
   * Streams of unknown length are sent in parts. Returns what the store made of it; what fails leaves nothing behind.
   * Metadata names are lower-case letters, digits and dashes; values are any text.
   * @throws `WRONG_SIZE` (terminal) when a stream has more or fewer bytes than `size`; `WRONG_METADATA_NAME` (terminal).
   */
  put(
    container: string,
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options?: {
      readonly size?: number;
      readonly contentType?: string;
      readonly metadata?: { readonly [name: string]: string };
      readonly signal?: AbortSignal;
    },
  ): Promise<StoredObject>;
  delete(container: string, key: string): Promise<void>;
  /** As `delete`, and where an S3 container keeps versions, none of them stays. */
  deleteVersions(container: string, key: string): Promise<void>;
  /**
   * Keys in the store's order, after `after`, page by page behind the scenes. Without version ids, and with types and
   * metadata only where the store lists them (MinIO).
   */
  list(
    container: string,
    options?: { readonly prefix?: string; readonly after?: string; readonly limit?: number },
  ): AsyncIterable<StoredObject>;
  containers(): Promise<readonly string[]>;
  /** Does nothing where it exists. */
  createContainer(container: string): Promise<void>;
};

/** `versionId` where there is one, else etag with last-modified: what a claim is about. */
export function versionOf(object: StoredObject): string {
  return object.versionId ?? `${object.etag}-${object.lastModified.getTime().toString(36)}`;
}
