import type { LakeObject } from "sluice/sdk";
import { z } from "zod";
import { type Readable, textOf } from "./encoding.ts";
import { createTextStatistics, textStatistics } from "./text-statistics.ts";

export const textDocument = z.object({
  name: z.string(),
  content_type: z.string(),
  bytes: z.number(),
  /** The text; of a long one the beginning. */
  text: z.string(),
  complete: z.boolean(),
  statistics: textStatistics,
});

/** A document of MongoDB ends at 16 MiB; up to here the text fits beside the rest, whatever its alphabet. */
const maxTextCharacters = 4 * 1024 * 1024;
const maxPiece = 1024 * 1024;

/** A text with what can be said of it in any language, read in bounded memory. @throws `WRONG_ENCODING` (terminal) */
export async function* readText(object: Readable & Pick<LakeObject, "type">): AsyncGenerator<z.output<typeof textDocument>> {
  const statistics = createTextStatistics();
  const kept: string[] = [];
  let length = 0;
  for await (const piece of wholeWords(textOf(object))) {
    statistics.add(piece);
    if (length < maxTextCharacters) kept.push(piece.slice(0, maxTextCharacters - length));
    length += piece.length;
  }
  yield {
    name: object.key,
    content_type: object.type,
    bytes: object.size,
    text: kept.join(""),
    complete: length <= maxTextCharacters,
    statistics: statistics.result(),
  };
}

/** The same text in pieces that end at a blank, so that no word is cut. */
async function* wholeWords(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const text = rest + chunk;
    const end = text.length > maxPiece ? text.length : Math.max(text.lastIndexOf(" "), text.lastIndexOf("\n")) + 1;
    if (end > 0) yield text.slice(0, end);
    rest = text.slice(end);
  }
  if (rest !== "") yield rest;
}
