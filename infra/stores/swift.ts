import { classifySwiftError, classifySwiftStatus } from "./classify-swift.ts";
import { metadataHeaders, metadataOf } from "./metadata.ts";
import { rangeHeader, wholeSize } from "./ranges.ts";
import { objectChanged, objectGone } from "./store-errors.ts";
import type { StoreOperation } from "./store-errors.ts";
import { nothing, translated } from "./streams.ts";
import { createSwiftSession } from "./swift-session.ts";
import type { SwiftResponse, SwiftSettings } from "./swift-session.ts";
import { deleteSegments, ownSegments, unquoted, uploadSwift } from "./swift-upload.ts";
import type { ObjectStore, StoredObject } from "./object-store.ts";

const metadataPrefix = "x-object-meta-";

/** OpenStack Swift by version 1 authentication. Segmented objects (SLO, DLO) are read and listed as wholes. */
export function createSwiftStore(settings: SwiftSettings): ObjectStore {
  const { name = "swift", pageEntries = 1000 } = settings;
  const session = createSwiftSession(settings);

  const operation = (action: StoreOperation["action"]) => ({ store: name, address: settings.authUrl, action });
  const on = (action: StoreOperation["action"], container: string) => ({ ...operation(action), container });
  const at = (action: StoreOperation["action"], container: string, key: string) => ({ ...on(action, container), key });

  const head: ObjectStore["head"] = async (container, key) => {
    const where = at("read", container, key);
    const response = await session.call({ method: "HEAD", at: where, accept: [404] });
    await response.body.dump();
    return response.statusCode === 404 ? undefined : storedObject(where, response);
  };

  const get: ObjectStore["get"] = async (container, key, { range, ifEtag, signal } = {}) => {
    const where = at("read", container, key);
    const response = await session.call({ method: "GET", at: where, headers: rangeHeader(range), signal, accept: [416] });
    const beyond = response.statusCode === 416;
    if (beyond) await response.body.dump();
    const object = beyond ? await head(container, key) : storedObject(where, response);
    if (object === undefined) throw objectGone(where);
    // Compared here: Swift holds `If-Match` of a dynamic large object against its empty manifest.
    if (ifEtag !== undefined && object.etag !== ifEtag) {
      response.body.on("error", () => undefined).destroy();
      throw objectChanged(where, ifEtag, object.etag);
    }
    const translate = (error: unknown) => (signal?.aborted ? signal.reason : classifySwiftError(error, where));
    return { object, body: beyond ? nothing() : translated(response.body, translate) };
  };

  async function* pages<Entry extends { readonly name: string }>(
    where: StoreOperation,
    query: { readonly [name: string]: string },
    limit: number,
  ): AsyncGenerator<Entry> {
    let marker = query["marker"] ?? "";
    for (let left = limit; left > 0;) {
      const page = { format: "json", ...query, marker, limit: Math.min(left, pageEntries) };
      const response = await session.call({ method: "GET", at: where, query: page });
      const entries = (await response.body.json()) as Entry[];
      yield* entries;
      left -= entries.length;
      const last = entries.at(-1);
      if (last === undefined) return;
      marker = last.name;
    }
  }

  const remove: ObjectStore["delete"] = async (container, key) => {
    const where = at("delete", container, key);
    const segments = await ownSegments(session, where);
    const response = await session.call({ method: "DELETE", at: where, accept: [404] });
    await response.body.dump();
    await deleteSegments(session, where, segments);
  };

  return {
    name,
    head,
    get,
    async put(container, key, body, { size, contentType, metadata = {}, signal } = {}) {
      const where = at("write", container, key);
      const headers = { ...metadataHeaders(metadataPrefix, metadata), ...(contentType !== undefined && { "content-type": contentType }) };
      // Also renews the token if need be, while there is nothing yet that could not be sent twice.
      const replaced = await ownSegments(session, where);
      await uploadSwift(session, { at: where, body, headers, signal, ...(size !== undefined && { size }) });
      await deleteSegments(session, where, replaced);
      const stored = await head(container, key);
      if (stored === undefined) throw objectGone(where);
      return stored;
    },
    delete: remove,
    deleteVersions: remove,
    async *list(container, { prefix = "", after = "", limit = Infinity } = {}) {
      for await (const entry of pages<ListedObject>(on("list", container), { prefix, marker: after }, limit)) {
        // The manifest of a dynamic large object is listed as what it is, empty; only asking for it tells.
        const object = entry.bytes === 0 ? await head(container, entry.name) : listedObject(entry);
        if (object !== undefined) yield object;
      }
    },
    async containers() {
      const names: string[] = [];
      for await (const entry of pages<{ readonly name: string }>(operation("list"), {}, Infinity)) names.push(entry.name);
      return names;
    },
    async createContainer(container) {
      const response = await session.call({ method: "PUT", at: on("create", container), headers: { "content-length": "0" } });
      await response.body.dump();
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

type ListedObject = {
  readonly name: string;
  readonly bytes: number;
  readonly hash: string;
  /** Of a static large object: the etag that GET and HEAD answer with. */
  readonly slo_etag?: string;
  readonly content_type: string;
  readonly last_modified: string;
};

function listedObject(entry: ListedObject): StoredObject {
  return {
    key: entry.name,
    size: entry.bytes,
    etag: unquoted(entry.slo_etag ?? entry.hash),
    lastModified: new Date(`${entry.last_modified.slice(0, 23)}Z`),
    contentType: entry.content_type,
    metadata: {},
  };
}

function storedObject(where: StoreOperation & { readonly key: string }, response: SwiftResponse): StoredObject {
  const { headers } = response;
  const size = wholeSize(headers);
  if (!Number.isFinite(size)) {
    const reason = "a dynamic large object of more segments than it lists at once has no size; make it a static one (SLO)";
    throw classifySwiftStatus(422, reason, where);
  }
  const contentType = headers["content-type"];
  return {
    key: where.key,
    size,
    etag: unquoted(headers["etag"]),
    lastModified: timestamp(headers),
    ...(typeof contentType === "string" && { contentType }),
    metadata: metadataOf(metadataPrefix, headers),
  };
}

/** `X-Timestamp` has the precision of listings; `Last-Modified` is rounded up to whole seconds. */
function timestamp(headers: SwiftResponse["headers"]): Date {
  const [seconds = "0", fraction = ""] = String(headers["x-timestamp"] ?? Date.parse(String(headers["last-modified"])) / 1000).split(".");
  return new Date(Number(seconds) * 1000 + Number(fraction.padEnd(3, "0").slice(0, 3)));
}
