import { terminal } from "../../../sdk/contracts/errors.ts";
import type { LakeObject } from "../../../sdk/contracts/object.ts";
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
  if (head[0] === 0x1f && head[1] === 0x8b) return tarArchive(object, true);
  if (head.toString("latin1", 257, 262) === "ustar") return tarArchive(object, false);
  throw terminal(
    "NOT_AN_ARCHIVE",
    `${object.container}/${object.key} (${object.type}, ${object.size} bytes) begins like no archive: expected a ZIP, a TAR or a gzipped TAR. Upload it with the type that it has, or pack it again.`,
  );
}
