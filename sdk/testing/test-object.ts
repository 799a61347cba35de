import { terminal } from "../contracts/errors.ts";
import type { LakeObject, ObjectInfo } from "../contracts/object.ts";
import { mime } from "../language/mime.ts";

const extensions: { readonly [extension: string]: string } = {
  csv: mime.csv,
  tsv: mime.tsv,
  json: mime.json,
  jsonl: mime.jsonLines,
  ndjson: mime.jsonLines,
  txt: mime.text,
  jpg: mime.jpeg,
  jpeg: mime.jpeg,
  png: mime.png,
  zip: mime.zip,
};

/**
 * An object that exists only in memory, for tests. The type follows from the key's extension unless it is given.
 *
 * @example
 * ```ts
 * import { testObject } from "sluice/testing";
 * const object = testObject({ key: "roof.csv", content: "sensor;value\na;1\n" });
 * ```
 */
export function testObject(given: Partial<ObjectInfo> & { readonly content: string | Uint8Array }): LakeObject {
  const { content, ...info } = given;
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const key = info.key ?? "object";
  const container = info.container ?? "test";
  return {
    id: "1",
    number: 1,
    store: "memory",
    version: "1",
    type: extensions[key.split(".").at(-1)?.toLowerCase() ?? ""] ?? mime.binary,
    lastModified: "2026-01-01T00:00:00.000Z",
    user: "",
    project: container,
    application: "",
    dataProcessing: "default",
    metadata: {},
    ...info,
    key,
    container,
    size: bytes.length,
    async *read({ start = 0, end = bytes.length } = {}) {
      for (let offset = start; offset < end; offset += 65_536) yield bytes.subarray(offset, Math.min(end, offset + 65_536));
    },
    bytes: async () => bytes,
    text: async () => decodeText(bytes),
  };
}

/** UTF-8 without its byte-order mark. @throws `WRONG_ENCODING` (terminal). */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw terminal("WRONG_ENCODING", "The content is not UTF-8. Save it as UTF-8, or declare its encoding.", { cause });
  }
}
