import type { Readable } from "./encoding.ts";
import type { Located } from "./json.ts";
import { isReading } from "./json-readings.ts";
import { hasTemplate } from "./template.ts";

/** What a JSON object is to the lake. */
export const jsonKinds = ["readings", "template", "documents"] as const;
export type JsonKind = (typeof jsonKinds)[number];

/** By the uploader's template, else by the first value; no more than that is read. */
export async function kindOfJson(values: AsyncIterable<Located>, object: Readable): Promise<JsonKind> {
  if (hasTemplate(object.metadata)) return "template";
  for await (const { value } of values) return isReading(value) ? "readings" : "documents";
  return "documents";
}
