import { text } from "node:stream/consumers";
import type { Readable } from "node:stream";
import { XMLParser } from "fast-xml-parser";
import { metadataOf } from "./metadata.ts";
import type { StoredObject } from "./object-store.ts";

type Entry = { Key: string; Size: string; ETag?: string; LastModified: string; UserMetadata?: { [name: string]: string } | "" };
type Page = {
  ListBucketResult?: { EncodingType?: string; IsTruncated?: string; NextContinuationToken?: string; Contents?: readonly Entry[] } | "";
};

// The client's own listing turns the key `007` into the number 7, and decodes keys that the store left as they are.
const parser = new XMLParser({ parseTagValue: false, htmlEntities: true, trimValues: false, isArray: (name) => name === "Contents" });

/** Pages through a bucket. MinIO adds types and metadata to its pages when asked; others leave them out. */
export async function* listS3(
  request: (query: string) => Promise<Readable>,
  options: { readonly prefix?: string; readonly after?: string; readonly limit?: number },
): AsyncGenerator<StoredObject> {
  let left = options.limit ?? Infinity;
  let token: string | undefined;
  while (left > 0) {
    const query = new Map([
      ["list-type", "2"],
      ["encoding-type", "url"],
      ["metadata", "true"],
      ["max-keys", String(Math.min(left, 1000))],
      ["prefix", options.prefix ?? ""],
      ...(token === undefined ? [] : [["continuation-token", token] as const]),
      ...(options.after === undefined ? [] : [["start-after", options.after] as const]),
    ]);
    const page = readPage(await text(await request(queryString(query))));
    for (const object of page.objects.slice(0, left)) yield object;
    left -= page.objects.length;
    token = page.next;
    if (token === undefined) return;
  }
}

function readPage(xml: string): { objects: readonly StoredObject[]; next: string | undefined } {
  const result = (parser.parse(xml) as Page).ListBucketResult || {};
  const decode = decoderOf(result.EncodingType);
  return {
    objects: (result.Contents ?? []).map((entry) => listedObject(entry, decode)),
    next: result.IsTruncated?.trim() === "true" ? result.NextContinuationToken : undefined,
  };
}

function listedObject(entry: Entry, decode: (value: string) => string): StoredObject {
  const more = entry.UserMetadata || {};
  const contentType = more["content-type"];
  return {
    key: decode(entry.Key),
    size: Number(entry.Size),
    etag: (entry.ETag ?? "").replaceAll('"', ""),
    // HEAD knows whole seconds only, and the two must agree on an object's version.
    lastModified: new Date(Math.floor(Date.parse(entry.LastModified) / 1000) * 1000),
    ...(contentType !== undefined && { contentType }),
    metadata: metadataOf("x-amz-meta-", more),
  };
}

/** Sorted, and escaped as signatures want it. */
export function queryString(query: ReadonlyMap<string, string>): string {
  const escape = (value: string) =>
    encodeURIComponent(value).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  return [...query]
    .map(([name, value]) => `${name}=${escape(value)}`)
    .toSorted()
    .join("&");
}

/** Reads keys of an answer that says how it writes them: a store may leave them as they are, whatever it was asked for. */
export function decoderOf(encodingType: string | undefined): (key: string) => string {
  return encodingType?.trim() === "url" ? (key) => decodeURIComponent(key.replaceAll("+", " ")) : (key) => key;
}
