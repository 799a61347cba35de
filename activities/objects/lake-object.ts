import { type ObjectStore, versionOf } from "../../infra/stores/object-store.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { LakeObject, ObjectInfo } from "../../sdk/contracts/object.ts";
import type { ContentCache } from "./content-cache.ts";

/** The most that is read into memory at once, by `bytes` and `text`. */
const maxBytes = 256 * 1024 * 1024;

/** The object as a task sees it: its content comes from the cache, or from the store as it is wanted. */
export function openLakeObject(info: ObjectInfo, store: ObjectStore, cache: ContentCache, signal: AbortSignal): LakeObject {
  const where = `${info.container}/${info.key}`;

  async function* read(range: { readonly start?: number; readonly end?: number } = {}): AsyncGenerator<Uint8Array> {
    const { start = 0, end = info.size } = range;
    const cached = cache.take(info.container, info.key, info.version);
    if (cached) return yield cached.subarray(start, end);
    if (start >= end) return;
    const whole = start === 0 && end >= info.size;
    const { object, body } = await store.get(info.container, info.key, { signal, ...(!whole && { range: { start, end } }) });
    if (versionOf(object) !== info.version) {
      throw terminal(
        "OBJECT_CHANGED",
        `${where} was replaced while it was processed: found version ${versionOf(object)}, expected ${info.version}. The newer version is announced by the store, or found by reconciliation; nothing is to be done.`,
      );
    }
    yield* body;
  }

  async function bytes(): Promise<Uint8Array> {
    if (info.size > maxBytes) {
      throw terminal(
        "OBJECT_TOO_LARGE",
        `${where} has ${info.size} bytes, more than the ${maxBytes} that are read into memory at once. Read it chunk by chunk with \`object.read()\`.`,
      );
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of read()) chunks.push(chunk);
    return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
  }

  async function text(): Promise<string> {
    const content = await bytes();
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(content);
    } catch (cause) {
      throw terminal("WRONG_ENCODING", `${where} is not UTF-8. Save it as UTF-8, or read its bytes and decode them.`, { cause });
    }
  }

  return { ...info, read, bytes, text };
}
