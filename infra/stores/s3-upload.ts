import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { S3Connection } from "./s3-connection.ts";
import { abortable, inParts, ofSize } from "./streams.ts";

export type Upload = {
  readonly container: string;
  readonly key: string;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  readonly headers: { readonly [name: string]: string };
  readonly size?: number;
  readonly signal?: AbortSignal;
};

export type Written = { readonly etag: string; readonly size: number; readonly versionId?: string; readonly time: Date };

/** Doubles every 1,000 parts, so that 10,000 of them hold S3's largest object while small ones stay small in memory. */
const partBytes = (part: number) => 8 * 1024 ** 2 * 2 ** Math.floor((part - 1) / 1000);

/**
 * Bytes, and streams of one part, go in one request with their MD5; longer streams in parts, also those of known size:
 * versitygw keeps what it has of a single request that breaks off, while an upload in parts exists once it is complete.
 * The client's own `putObject` would hold over 500 MiB of a stream, and lets two writers of one key share an upload.
 */
export async function uploadS3(connection: S3Connection, upload: Upload): Promise<Written> {
  const { container, key, body, size, signal } = upload;
  if (body instanceof Uint8Array) return putBytes(connection, upload, body);
  const source = abortable(body, signal);
  const parts = inParts(size === undefined ? source : ofSize(source, size, `${container}/${key}`), partBytes);
  try {
    const first = await parts.next();
    const second = await parts.next();
    if (first.done || second.done) return await putBytes(connection, upload, first.value ?? new Uint8Array());
    return await putParts(connection, upload, [first.value, second.value], parts);
  } finally {
    await parts.return(undefined);
  }
}

async function putBytes({ client }: S3Connection, { container, key, headers }: Upload, bytes: Uint8Array): Promise<Written> {
  const body = asBuffer(bytes);
  const request = { method: "PUT", bucketName: container, objectName: key, headers: { ...headers, "content-md5": md5(body) } };
  const response = await client.makeRequestAsyncOmit(request, body);
  return written(response.headers, body.length);
}

async function putParts(connection: S3Connection, upload: Upload, first: readonly Buffer[], rest: AsyncIterable<Buffer>): Promise<Written> {
  const { client } = connection;
  const { container, key, headers } = upload;
  const uploadId = await client.initiateNewMultipartUpload(container, key, { ...headers });
  const etags: { part: number; etag: string }[] = [];
  let size = 0;
  const send = async (bytes: Buffer) => {
    const part = etags.length + 1;
    const query = `partNumber=${part}&uploadId=${encodeURIComponent(uploadId)}`;
    const request = { method: "PUT", bucketName: container, objectName: key, query, headers: { "content-md5": md5(bytes) } };
    const response = await client.makeRequestAsyncOmit(request, bytes);
    etags.push({ part, etag: unquoted(response.headers.etag) });
    size += bytes.length;
  };
  let sending = Promise.resolve();
  const sendNext = async (bytes: Buffer) => {
    await sending;
    sending = send(bytes);
    // Awaited before the next part; until then a failure is nobody's.
    sending.catch(() => undefined);
  };
  try {
    for (const bytes of first) await sendNext(bytes);
    for await (const bytes of rest) await sendNext(bytes);
    await sending;
    const { etag, versionId } = await client.completeMultipartUpload(container, key, uploadId, etags);
    return { etag: unquoted(etag), size, time: new Date(), ...(versionId !== null && { versionId }) };
  } catch (error) {
    await sending.catch(() => undefined);
    // Parts of an upload that never completes cost space until someone removes them, so also after an abort.
    await connection.under(undefined, () => client.abortMultipartUpload(container, key, uploadId)).catch(() => undefined);
    throw error;
  }
}

function written(headers: IncomingHttpHeaders, size: number): Written {
  const versionId = headers["x-amz-version-id"];
  return {
    etag: unquoted(headers.etag),
    size,
    time: new Date(headers.date ?? Date.now()),
    ...(typeof versionId === "string" && { versionId }),
  };
}

function unquoted(etag: string | undefined): string {
  return (etag ?? "").replaceAll('"', "");
}

function md5(bytes: Buffer): string {
  return createHash("md5").update(bytes).digest("base64");
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
