import { PassThrough, pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract, type Extract as TarStream } from "tar-stream";
import { isSluiceError } from "../../../sdk/contracts/errors.ts";
import type { LakeObject } from "../../../sdk/contracts/object.ts";
import type { Archive, Member } from "./member.ts";
import { corrupt } from "./refusals.ts";

type Entry = TarStream extends AsyncIterable<infer Each> ? Each : never;

/** A TAR, gzipped or not, is read from its start; where its members are is known only by going through it. */
export function tarArchive(object: LakeObject, gzipped: boolean): Archive {
  return { hasDirectory: false, members: () => members(object, gzipped) };
}

async function* members(object: LakeObject, gzipped: boolean): AsyncGenerator<Member> {
  const unpacked = extract();
  // An error of any stage destroys the extractor, whose iteration then throws it.
  pipeline(Readable.from(object.read(), { objectMode: false }), gzipped ? createGunzip() : new PassThrough(), unpacked, () => undefined);
  try {
    for await (const entry of unpacked) {
      yield memberOf(entry, object);
      // Whoever did not want the content leaves it to us: the next header comes behind it.
      entry.resume();
    }
  } catch (error) {
    throw asCorrupt(error, object);
  } finally {
    unpacked.destroy();
  }
}

function memberOf(entry: Entry, object: LakeObject): Member {
  const { name, type, size } = entry.header;
  return { path: name, kind: kindOf(type), size, encrypted: false, read: () => content(entry, object) };
}

async function* content(entry: Entry, object: LakeObject): AsyncGenerator<Uint8Array> {
  try {
    yield* entry as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw asCorrupt(error, object, entry.header.name);
  }
}

function kindOf(type: Entry["header"]["type"]): Member["kind"] {
  if (type === "file" || type === "contiguous-file") return "file";
  if (type === "directory") return "folder";
  if (type === "link" || type === "symlink") return "link";
  return type === "character-device" || type === "block-device" || type === "fifo" ? "device" : "unknown";
}

function asCorrupt(error: unknown, object: LakeObject, path?: string): Error {
  return isSluiceError(error) ? error : corrupt(object, error, path);
}
