import { type SluiceError, terminal } from "../../../sdk/contracts/errors.ts";
import type { ObjectInfo } from "../../../sdk/contracts/object.ts";

export const limits = {
  /** Bytes of all members once unpacked. */
  total: 10 * 1024 ** 3,
  /** Bytes out for each byte in, looked at above `ratioFrom` bytes out. */
  ratio: 200,
  ratioFrom: 10 * 1024 ** 2,
  members: 100_000,
  /** An archive in an archive in an archive is the deepest that is unpacked. */
  depth: 3,
  /** S3 keys have 1,024 bytes at most. */
  keyBytes: 1_024,
} as const;

export type Limits = { readonly [name in keyof typeof limits]: number };

type Place = Pick<ObjectInfo, "container" | "key">;

const nothingWritten = "Nothing of it was unpacked.";

export function refuse(code: string, archive: Place, problem: string, advice: string, member?: string): SluiceError {
  const where = `${archive.container}/${archive.key}`;
  return terminal(
    code,
    `The archive ${where} ${problem}. ${nothingWritten} ${advice}`,
    member === undefined ? {} : { place: { field: member } },
  );
}

export function corrupt(archive: Place, error: unknown, member?: string): SluiceError {
  const reason = error instanceof Error ? error.message : String(error);
  const where = member === undefined ? "" : ` at its member ${JSON.stringify(member)}`;
  return terminal(
    "CORRUPT_ARCHIVE",
    `The archive ${archive.container}/${archive.key} cannot be read${where}: ${reason.replace(/\.$/, "")}. See whether it was uploaded whole, and upload it again.`,
    {
      cause: error,
      ...(member !== undefined && { place: { field: member } }),
    },
  );
}
