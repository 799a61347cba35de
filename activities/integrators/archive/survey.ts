import type { ObjectInfo } from "../../../sdk/contracts/object.ts";
import type { Archive, Member } from "./member.ts";
import { memberPath } from "./member-path.ts";
import { type Limits, refuse } from "./refusals.ts";

type Subject = Pick<ObjectInfo, "container" | "key" | "size">;

/**
 * Looks at every member before one is written. A format without a directory is read through to its end, so that a
 * lie about a size or a break in the last byte is found while nothing has been written yet.
 */
export async function survey(archive: Archive, object: Subject, folder: string, limits: Limits, signal: AbortSignal): Promise<void> {
  const check = createChecks(object, folder, limits);
  for await (const member of archive.members()) {
    signal.throwIfAborted();
    if (!check.member(member) || archive.hasDirectory) continue;
    for await (const chunk of member.read()) {
      signal.throwIfAborted();
      check.bytes(chunk.byteLength);
    }
  }
}

function createChecks(object: Subject, folder: string, limits: Limits) {
  const paths = new Set<string>();
  let members = 0;
  let declared = 0;
  let read = 0;

  /** Whether it has content to look at. */
  function member({ path, kind, size, encrypted }: Member): boolean {
    const named = `has the member ${JSON.stringify(path)}`;
    members += 1;
    if (members > limits.members) {
      throw refuse("ARCHIVE_BOMB", object, `has more than ${limits.members} members`, "Split it into several archives.");
    }
    if (kind === "folder") return false;
    if (kind !== "file") {
      throw refuse(
        "ARCHIVE_REFUSED",
        object,
        `${named}, which is ${kind === "unknown" ? "of an unknown kind" : `a ${kind}`}`,
        "An archive may hold files and folders: pack it again without links and devices.",
        path,
      );
    }
    if (encrypted) throw refuse("ARCHIVE_ENCRYPTED", object, `${named}, which is encrypted`, "Pack it again without a password.", path);
    const checked = memberPath(path);
    if ("refused" in checked)
      throw refuse("ARCHIVE_REFUSED", object, `${named} with ${checked.refused}`, "Pack it again with plain relative paths.", path);
    if (paths.has(checked.path))
      throw refuse("ARCHIVE_REFUSED", object, `${named} twice`, "Pack it again with one file of each path.", path);
    paths.add(checked.path);
    const keyBytes = Buffer.byteLength(folder + checked.path);
    if (keyBytes > limits.keyBytes) {
      throw refuse(
        "ARCHIVE_REFUSED",
        object,
        `${named}, whose key would have ${keyBytes} bytes of ${limits.keyBytes}`,
        "Shorten its path.",
        path,
      );
    }
    declared += size;
    refuseBomb(declared);
    return true;
  }

  function bytes(count: number): void {
    read += count;
    refuseBomb(read);
  }

  function refuseBomb(total: number): void {
    if (total > limits.total) {
      throw refuse("ARCHIVE_BOMB", object, `would unpack to more than ${limits.total} bytes`, "Split it into several archives.");
    }
    if (total > limits.ratioFrom && total > object.size * limits.ratio) {
      throw refuse(
        "ARCHIVE_BOMB",
        object,
        `unpacks to more than ${limits.ratio} times its ${object.size} bytes`,
        "Upload its content itself, or compress it less.",
      );
    }
  }

  return { member, bytes };
}
