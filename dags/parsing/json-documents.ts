import { chunked, chunksOf } from "sluice/sdk";
import type { Located } from "./json.ts";

/** Each value as a document: an object as it is, anything else as its field `value`. */
export function jsonDocuments(values: AsyncIterable<Located>): AsyncIterable<Record<string, unknown>> {
  return chunked(async function* () {
    for await (const chunk of chunksOf(values)) yield chunk.map(({ value }) => (isRecord(value) ? value : { value }));
  });
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
