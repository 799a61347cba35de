import { buffer } from "node:stream/consumers";
import type { LakeObject } from "sluice/sdk";
import { z } from "zod";

/** What can be said of any content. */
export const description = z.object({
  content_type: z.string(),
  bytes: z.number(),
  /** The first bytes, in hexadecimal: what a person looks up to learn what it might be. */
  first_bytes: z.string(),
});

const firstBytes = 16;

export async function describeObject(object: LakeObject): Promise<z.output<typeof description>> {
  const head = await buffer(object.read({ start: 0, end: Math.min(object.size, firstBytes) }));
  return { content_type: object.type, bytes: object.size, first_bytes: head.toString("hex") };
}
