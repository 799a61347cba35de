import type { JsonObject } from "./json.ts";

/** How the uploader wants an object processed; taken over from the predecessor. */
export const dataProcessings = ["default", "custom"] as const;
export type DataProcessing = (typeof dataProcessings)[number];

/** What is known of an object before a byte of it is read. Small and serialisable: it travels through workflows. */
export type ObjectInfo = {
  /** The catalog's `swift_object_id`. */
  readonly id: string;
  /** The integer that marks this object's points in InfluxDB. */
  readonly number: number;
  /** Which configured store holds it, e.g. `s3` or `swift`. */
  readonly store: string;
  readonly container: string;
  readonly key: string;
  /** What the store says now: a version id, or etag and last-modified. */
  readonly version: string;
  /** The settled content type, e.g. `text/csv`, without parameters. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** ISO 8601. */
  readonly lastModified: string;
  /** Who uploaded it (`swift_user`); an empty string where nobody said. */
  readonly user: string;
  /** The project it belongs to; the container's name where nobody said. */
  readonly project: string;
  readonly application: string;
  readonly dataProcessing: DataProcessing;
  /** The catalog's `other_data`: whatever the uploader said about the object, `template` among it. */
  readonly metadata: JsonObject;
};

/** The object that arrived, as a task body sees it: what is known of it, and ways to read it. */
export type LakeObject = ObjectInfo & {
  /**
   * The content, chunk by chunk, in bounded memory. `start` and `end` are offsets in bytes, `end` exclusive.
   * @throws `OBJECT_CHANGED` (terminal) when the store holds another version by now, `OBJECT_GONE` (terminal).
   */
  read(range?: { readonly start?: number; readonly end?: number }): AsyncIterable<Uint8Array>;
  /** The whole content. @throws `OBJECT_TOO_LARGE` (terminal) above 256 MiB: use `read`. */
  bytes(): Promise<Uint8Array>;
  /** The whole content as UTF-8 without its byte-order mark. @throws `WRONG_ENCODING` (terminal), `OBJECT_TOO_LARGE`. */
  text(): Promise<string>;
};
