import type { SluiceError } from "../../sdk/contracts/errors.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import { uploadMetadata } from "./schemas.ts";
import type { UploadMetadata } from "./types.ts";

/** Reads the `Sluice-Metadata` header: base64url of JSON in UTF-8, because headers hold no Unicode. */
export function readUploadMetadata(header: string | undefined): UploadMetadata {
  if (!header) return {};
  const expected = "Expected base64url of a JSON object";
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(header, "base64url")));
  } catch (cause) {
    throw malformed(`${expected}, found something that does not decode as such. Encode the JSON's UTF-8 bytes.`, cause);
  }
  const parsed = uploadMetadata.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the whole"}: ${message}`);
  throw malformed(`${expected} with the fields ${Object.keys(uploadMetadata.shape).join(", ")}; found ${problems.join("; ")}.`);
}

function malformed(what: string, cause?: unknown): SluiceError {
  return terminal("MALFORMED_METADATA", `The header Sluice-Metadata cannot be read. ${what}`, { cause });
}
