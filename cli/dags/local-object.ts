import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import mimeTypes from "mime";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { JsonObject } from "../../sdk/contracts/json.ts";
import type { LakeObject } from "../../sdk/contracts/object.ts";
import { testObject } from "../../sdk/testing/index.ts";

const largestWhole = 256 * 1024 * 1024;

export type LocalObjectOptions = {
  readonly container: string;
  readonly key?: string;
  readonly type?: string;
  readonly metadata?: JsonObject;
};

/** A file of this machine as an object of the lake; like there, it is read chunk by chunk. */
export async function localObject(
  path: string,
  { container, key = basename(path), type, metadata = {} }: LocalObjectOptions,
): Promise<LakeObject> {
  const file = resolve(path);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw terminal("NO_SUCH_FILE", `There is no file ${path}. Name a file to run the DAG on.`);
  const small = (content: Uint8Array) => testObject({ ...info, content });
  const guessed = testObject({ key, content: "" }).type;
  const info = {
    container,
    key,
    metadata,
    type: type ?? (guessed === "application/octet-stream" ? (mimeTypes.getType(key) ?? guessed) : guessed),
    lastModified: found.mtime.toISOString(),
  };
  const whole = async () => {
    if (found.size > largestWhole)
      throw terminal(
        "OBJECT_TOO_LARGE",
        `${path} has ${found.size} bytes, more than the ${largestWhole} that can be read at once. Use \`object.read()\`.`,
      );
    return readFile(file);
  };
  return {
    ...testObject({ ...info, content: "" }),
    size: found.size,
    async *read({ start = 0, end = found.size } = {}) {
      if (end > start) yield* createReadStream(file, { start, end: end - 1 }) as AsyncIterable<Uint8Array>;
    },
    bytes: whole,
    text: async () => small(await whole()).text(),
  };
}
