import { createHash, randomUUID } from "node:crypto";
import type { StoreOperation } from "./store-errors.ts";
import { abortable, inParts, inSegments, joined, ofSize } from "./streams.ts";
import type { SwiftSession } from "./swift-session.ts";

export type SwiftUpload = {
  readonly at: StoreOperation & { readonly container: string; readonly key: string };
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  /** Type and metadata of the object. */
  readonly headers: { readonly [name: string]: string };
  readonly size?: number;
  readonly signal?: AbortSignal | undefined;
};

type Segment = { readonly path: string; readonly etag: string; readonly size_bytes: number };

const gibibyte = 1024 ** 3;
/** The most that Swift takes in one request. */
const onePutBytes = 5 * gibibyte;
/** Up to here a stream of unknown length is held in memory, to be an ordinary object. */
const heldBytes = 8 * 1024 ** 2;
/** Swift takes 1,000 segments in a manifest. */
const segmentsAtMost = 1000;

/** Bytes and streams of known size go in one request; others, and larger ones, as segments with a manifest (SLO). */
export async function uploadSwift(session: SwiftSession, upload: SwiftUpload): Promise<void> {
  const { at, body, headers, size, signal } = upload;
  if (body instanceof Uint8Array) return putBytes(session, upload, body);
  const source = abortable(body, signal);
  const checked = size === undefined ? source : ofSize(source, size, `${at.container}/${at.key}`);
  if (size !== undefined && size <= onePutBytes) {
    const response = await session.call({
      method: "PUT",
      at,
      headers: { ...headers, "content-length": String(size) },
      body: checked,
      signal,
    });
    return response.body.dump();
  }
  const parts = inParts(checked, (part) => (part === 1 ? heldBytes : 64 * 1024));
  const first = await parts.next();
  const second = await parts.next();
  if (first.done || second.done) return putBytes(session, upload, first.value ?? new Uint8Array());
  return putSegments(session, upload, joined(Buffer.concat([first.value, second.value]), parts));
}

async function putBytes(session: SwiftSession, { at, headers, signal }: SwiftUpload, bytes: Uint8Array): Promise<void> {
  const etag = createHash("md5").update(bytes).digest("hex");
  const response = await session.call({
    method: "PUT",
    at,
    headers: { ...headers, etag, "content-length": String(bytes.length) },
    body: bytes,
    signal,
  });
  await response.body.dump();
}

async function putSegments(session: SwiftSession, upload: SwiftUpload, source: AsyncIterable<Uint8Array>): Promise<void> {
  const { at, headers, size = 0, signal } = upload;
  const container = segmentContainer(at.container);
  const folder = `${at.key}/slo/${randomUUID()}`;
  const segmentBytes = Math.max(gibibyte, Math.ceil(size / segmentsAtMost));
  const segments: Segment[] = [];
  const created = await session.call({ method: "PUT", at, path: [container], headers: { "content-length": "0" } });
  await created.body.dump();
  try {
    for await (const piece of inSegments(source, segmentBytes)) {
      const key = `${folder}/${String(segments.length + 1).padStart(8, "0")}`;
      let bytes = 0;
      const counted = (async function* () {
        for await (const chunk of piece) {
          bytes += chunk.length;
          yield chunk;
        }
      })();
      const response = await session.call({ method: "PUT", at, path: [container, key], body: counted, signal });
      await response.body.dump();
      segments.push({ path: `/${container}/${key}`, etag: unquoted(response.headers["etag"]), size_bytes: bytes });
    }
    const body = Buffer.from(JSON.stringify(segments));
    const manifest = { ...headers, "content-length": String(body.length) };
    const response = await session.call({ method: "PUT", at, query: { "multipart-manifest": "put" }, headers: manifest, body, signal });
    await response.body.dump();
  } catch (error) {
    await deleteSegments(
      session,
      at,
      segments.map(({ path }) => path),
    );
    throw error;
  }
}

/** The segments of a large object that an upload of ours made; none for objects of any other kind. */
export async function ownSegments(session: SwiftSession, at: SwiftUpload["at"]): Promise<readonly string[]> {
  const head = await session.call({ method: "HEAD", at, accept: [404] });
  await head.body.dump();
  if (head.headers["x-static-large-object"] === undefined) return [];
  const response = await session.call({ method: "GET", at, query: { "multipart-manifest": "get" } });
  const manifest = (await response.body.json()) as readonly { readonly name: string }[];
  return manifest.map(({ name }) => name).filter((name) => name.startsWith(`/${segmentContainer(at.container)}/${at.key}/slo/`));
}

/** Segments that nothing refers to cost space only: one that cannot be deleted now is no reason to fail. */
export async function deleteSegments(session: SwiftSession, at: StoreOperation, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const [, container = "", ...key] = path.split("/");
    const response = await session.call({ method: "DELETE", at, path: [container, key.join("/")], accept: [404] }).catch(() => undefined);
    await response?.body.dump();
  }
}

function segmentContainer(container: string): string {
  return `${container}_segments`;
}

export function unquoted(etag: string | string[] | undefined): string {
  return String(etag ?? "").replaceAll('"', "");
}
