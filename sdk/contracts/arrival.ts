/** The doors an arrival can come through. */
export const doors = ["s3", "swift", "cloudevents", "predecessor", "api", "reconcile", "reprocess"] as const;
export type Door = (typeof doors)[number];

/**
 * The news that an object landed, as it is journalled and handed to a workflow. Only a hint: what is processed is
 * the version that the store holds when the object is claimed.
 */
export type Arrival = {
  /** Unique in its journal; readable, e.g. `gw1-1042`. */
  readonly id: string;
  readonly store: string;
  /** Whose quota and queue it uses: the container, unless the configuration says otherwise. */
  readonly tenant: string;
  readonly container: string;
  readonly key: string;
  readonly version?: string;
  readonly etag?: string;
  /** Bytes; absent where the door does not say. */
  readonly size?: number;
  readonly user?: string;
  /** The predecessor's `swift_id`, where the event has one. */
  readonly swiftId?: string;
  readonly contentType?: string;
  /** When the store says that it happened, ISO 8601. */
  readonly time: string;
  readonly door: Door;
};
