import { gunzipSync, constants } from "node:zlib";
import { buffer } from "node:stream/consumers";
import { fileTypeFromBuffer } from "file-type";
import type { Readable } from "./encoding.ts";

const headBytes = 64 * 1024;
const maxUnpacked = 16 * 1024 * 1024;

/** Whether a gzip file holds a TAR, told by its first bytes. What cannot be unpacked is not for this to judge. */
export async function holdsTar(object: Readable): Promise<boolean> {
  const head = await buffer(object.read({ start: 0, end: Math.min(object.size, headBytes) }));
  try {
    // The head ends somewhere in the middle: what can be unpacked of it is enough.
    const unpacked = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: maxUnpacked });
    return (await fileTypeFromBuffer(unpacked.subarray(0, 4096)))?.mime === "application/x-tar";
  } catch {
    return true;
  }
}
