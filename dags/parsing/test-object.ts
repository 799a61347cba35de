import type { LakeObject } from "sluice/sdk";
import { testObject as inMemory } from "sluice/testing";

/** An object of a few bytes for tests, read in chunks so small that they cut lines, numbers and characters. */
export function testObject(content: string | Uint8Array, options: Partial<LakeObject> & { readonly chunk?: number } = {}): LakeObject {
  const { chunk = 7, ...given } = options;
  const bytes = Buffer.from(content as string);
  async function* read({ start = 0, end = bytes.length }: { start?: number; end?: number } = {}): AsyncGenerator<Uint8Array> {
    for (let at = start; at < Math.min(end, bytes.length); at += chunk) yield bytes.subarray(at, Math.min(at + chunk, end));
  }
  return { ...inMemory({ content: bytes, container: "campus", key: "test", id: "42" }), read, ...given };
}

export async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(rows);
}
