import { crc32, deflateRawSync } from "node:zlib";

export type ZipEntry = {
  readonly path: string;
  readonly content?: Uint8Array | string;
  /** Unix mode, e.g. 0o120777 for a link. */
  readonly mode?: number;
  readonly encrypted?: boolean;
  readonly deflate?: boolean;
  /** Lies of the directory. */
  readonly declaredSize?: number;
  readonly declaredCrc?: number;
  /** Takes the bytes of the first entry for its own. */
  readonly overlapsFirst?: boolean;
};

/** A ZIP, honest or not, after PKWARE's APPNOTE 6.3. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? "");
    const data = entry.deflate === false ? content : deflateRawSync(content, { level: 9 });
    const name = Buffer.from(entry.path);
    const at = entry.overlapsFirst ? 0 : offset;
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(0x800 | (entry.encrypted ? 1 : 0), 2);
    shared.writeUInt16LE(entry.deflate === false ? 0 : 8, 4);
    shared.writeUInt32LE(entry.declaredCrc ?? crc32(content), 10);
    shared.writeUInt32LE(data.length, 14);
    shared.writeUInt32LE(entry.declaredSize ?? content.length, 18);
    shared.writeUInt16LE(name.length, 22);
    if (!entry.overlapsFirst) {
      const file = Buffer.concat([signature(0x04034b50), shared, name, data]);
      files.push(file);
      offset += file.length;
    }
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(at, 10);
    const madeOnUnix = Buffer.from([20, 3]);
    directory.push(Buffer.concat([signature(0x02014b50), madeOnUnix, shared, tail, name]));
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, listed, signature(0x06054b50), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
