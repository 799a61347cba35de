/** An entry of an archive, as both formats give it. */
export type Member = {
  /** As the archive says it; not to be trusted. */
  readonly path: string;
  readonly kind: "file" | "folder" | "link" | "device" | "unknown";
  /** Bytes once unpacked, as the archive declares it; where it does not, 0 until they were read. */
  readonly size: number;
  readonly encrypted: boolean;
  /** The content; once, and before the next member is asked for. */
  read(): AsyncIterable<Uint8Array>;
};

/** Opens the members in the archive's order, from the start each time. */
export type Archive = {
  /** Whether listing the members reads no content. */
  readonly hasDirectory: boolean;
  members(): AsyncIterable<Member>;
};
