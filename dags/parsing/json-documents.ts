import type { Located } from "./json.ts";

/** Each value as a document: an object as it is, anything else as its field `value`. */
export async function* jsonDocuments(values: AsyncIterable<Located>): AsyncGenerator<Record<string, unknown>> {
  for await (const { value } of values) yield isRecord(value) ? value : { value };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
