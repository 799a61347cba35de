import { text } from "node:stream/consumers";
import type { Readable } from "node:stream";
import { XMLParser } from "fast-xml-parser";
import { decoderOf, queryString } from "./s3-listing.ts";

type Entry = { Key: string; VersionId?: string };
type Page = {
  ListVersionsResult?:
    | {
        EncodingType?: string;
        IsTruncated?: string;
        NextKeyMarker?: string;
        NextVersionIdMarker?: string;
        Version?: readonly Entry[];
        DeleteMarker?: readonly Entry[];
      }
    | "";
};

const parser = new XMLParser({
  parseTagValue: false,
  htmlEntities: true,
  trimValues: false,
  isArray: (name) => name === "Version" || name === "DeleteMarker",
});

/** Ids of all versions of one key, those among them that say that it was deleted. */
export async function* versionsOfKey(request: (query: string) => Promise<Readable>, key: string): AsyncGenerator<string> {
  let marker: readonly (readonly [string, string])[] = [];
  for (;;) {
    const query = new Map([["versions", ""], ["encoding-type", "url"], ["max-keys", "1000"], ["prefix", key], ...marker]);
    const result = (parser.parse(await text(await request(queryString(query)))) as Page).ListVersionsResult || {};
    const decode = decoderOf(result.EncodingType);
    const entries = [...(result.Version ?? []), ...(result.DeleteMarker ?? [])].map((entry) => ({ ...entry, Key: decode(entry.Key) }));
    for (const { Key, VersionId } of entries) if (Key === key && VersionId !== undefined) yield VersionId;
    // In order of keys: what begins with this key comes after it.
    if (result.IsTruncated?.trim() !== "true" || entries.every((entry) => entry.Key !== key)) return;
    marker = [
      ["key-marker", decode(result.NextKeyMarker ?? "")],
      ["version-id-marker", result.NextVersionIdMarker ?? ""],
    ];
  }
}
