import { crc32 } from "node:zlib";
import { type Entry, fromRandomAccessReaderPromise, getFileNameLowLevel, type ZipFile } from "yauzl";
import { isSluiceError } from "../../../sdk/contracts/errors.ts";
import type { LakeObject } from "../../../sdk/contracts/object.ts";
import type { Archive, Member } from "./member.ts";
import { RangeReader } from "./range-reader.ts";
import { corrupt, refuse } from "./refusals.ts";

/** A ZIP is read by its directory, which stands at its end. */
export function zipArchive(object: LakeObject): Archive {
  return { hasDirectory: true, members: () => members(object) };
}

async function* members(object: LakeObject): AsyncGenerator<Member> {
  const zip = await open(object);
  let packed = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      // Honest members do not share bytes: overlapping ones are how a small archive declares a huge content.
      packed += entry.compressedSize;
      if (packed > object.size) throw refuse("ARCHIVE_BOMB", object, "has members that overlap", "Pack it again with an ordinary tool.");
      yield memberOf(zip, entry, object);
    }
  } catch (error) {
    throw asCorrupt(error, object);
  } finally {
    zip.close();
  }
}

async function open(object: LakeObject): Promise<ZipFile> {
  try {
    // Names are decoded here and judged by the survey, which can say more about them than yauzl does.
    return await fromRandomAccessReaderPromise(new RangeReader(object), object.size, {
      lazyEntries: true,
      autoClose: false,
      decodeStrings: false,
    });
  } catch (error) {
    throw asCorrupt(error, object);
  }
}

function memberOf(zip: ZipFile, entry: Entry, object: LakeObject): Member {
  const path = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
  return {
    path,
    kind: kindOf(entry, path),
    size: entry.uncompressedSize,
    encrypted: entry.isEncrypted(),
    read: () => content(zip, entry, path, object),
  };
}

async function* content(zip: ZipFile, entry: Entry, path: string, object: LakeObject): AsyncGenerator<Uint8Array> {
  let checksum = 0;
  try {
    const stream: AsyncIterable<Buffer> = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream) {
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (error) {
    throw asCorrupt(error, object, path);
  }
  if (checksum !== entry.crc32) throw corrupt(object, new Error("its checksum does not fit its content"), path);
}

/** Upper half of the external attributes, where the archive was made on Unix: the file's mode. */
function kindOf({ externalFileAttributes, versionMadeBy }: Entry, path: string): Member["kind"] {
  if (path.endsWith("/")) return "folder";
  const type = versionMadeBy >>> 8 === 3 ? (externalFileAttributes >>> 16) & 0o170000 : 0;
  if (type === 0 || type === 0o100000) return "file";
  if (type === 0o120000) return "link";
  return type === 0o040000 ? "folder" : "device";
}

/** What the lake says (gone, changed, unreachable) stays what it is; everything else is the archive's fault. */
function asCorrupt(error: unknown, object: LakeObject, path?: string): Error {
  return isSluiceError(error) ? error : corrupt(object, error, path);
}
