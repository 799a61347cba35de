import { fileTypeFromBuffer } from "file-type";
import { terminal } from "../../../sdk/contracts/errors.ts";
import type { LakeObject } from "../../../sdk/contracts/object.ts";
import { gunzipped, gzipArchive } from "./gzip.ts";
import type { Archive } from "./member.ts";
import { collect } from "./range-reader.ts";
import { tarArchive } from "./tar.ts";
import { zipArchive } from "./zip.ts";

/** A TAR says what it is at the end of its first header. */
const headBytes = 512;

/** By what the content says, whatever it was declared as. */
export async function openArchive(object: LakeObject): Promise<Archive> {
  const head = Buffer.from(await collect(object.read({ start: 0, end: Math.min(headBytes, object.size) })));
  if (head.toString("latin1", 0, 2) === "PK") return zipArchive(object);
  if (head[0] === 0x1f && head[1] === 0x8b)
    return (await isTar(await headOf(gunzipped(object)))) ? tarArchive(object, true) : gzipArchive(object);
  if (await isTar(head)) return tarArchive(object, false);
  throw terminal(
    "NOT_AN_ARCHIVE",
    `${object.container}/${object.key} (${object.type}, ${object.size} bytes) begins like no archive: expected a ZIP, a TAR or a gzip. Upload it with the type that it has, or pack it again.`,
  );
}

/** A header begins with a file's name, which may look like anything; only those of before 1988 lack the mark. */
async function isTar(head: Buffer): Promise<boolean> {
  return head.toString("latin1", 257, 262) === "ustar" || (await fileTypeFromBuffer(head))?.mime === "application/x-tar";
}

async function headOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  for await (const chunk of chunks) {
    head = Buffer.concat([head, chunk]);
    if (head.length >= headBytes) break;
  }
  return head.subarray(0, headBytes);
}
