import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { isSluiceError } from "../../../sdk/contracts/errors.ts";
import type { LakeObject } from "../../../sdk/contracts/object.ts";
import type { Archive } from "./member.ts";
import { corrupt } from "./refusals.ts";

/** One file, compressed, is an archive with one member. How long that is shows only once it was read to its end. */
export function gzipArchive(object: LakeObject): Archive {
  const path = nameInside(object.key);
  let size = 0;

  async function* read(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    for await (const chunk of gunzipped(object)) {
      bytes += chunk.byteLength;
      yield chunk;
    }
    size = bytes;
  }

  async function* members() {
    yield { path, kind: "file", size, encrypted: false, read } as const;
  }

  return { hasDirectory: false, members };
}

/** What a gzip holds. */
export async function* gunzipped(object: LakeObject): AsyncGenerator<Uint8Array> {
  const unpacked = createGunzip();
  // An error of either stage destroys the second, whose iteration then throws it.
  pipeline(Readable.from(object.read(), { objectMode: false }), unpacked, () => undefined);
  try {
    yield* unpacked as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw isSluiceError(error) ? error : corrupt(object, error);
  }
}

/** `roof.csv` of `2026/roof.csv.gz`. The name in the gzip's own header is that of a file on some machine, if it is there at all. */
function nameInside(key: string): string {
  const name = key.slice(key.lastIndexOf("/") + 1);
  return /^(.+)\.t?gz$/i.exec(name)?.[1] ?? name;
}
