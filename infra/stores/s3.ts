import type { IncomingHttpHeaders } from "node:http";
import { classifyS3Error, isGone } from "./classify-s3.ts";
import { metadataHeaders, metadataOf } from "./metadata.ts";
import { rangeHeader, wholeSize } from "./ranges.ts";
import { connectS3 } from "./s3-connection.ts";
import type { S3Settings } from "./s3-connection.ts";
import { listS3 } from "./s3-listing.ts";
import { uploadS3 } from "./s3-upload.ts";
import { versionsOfKey } from "./s3-versions.ts";
import { objectChanged, property } from "./store-errors.ts";
import type { StoreOperation } from "./store-errors.ts";
import { nothing, translated } from "./streams.ts";
import type { ObjectStore, StoredObject } from "./object-store.ts";

export const s3MetadataPrefix = "x-amz-meta-";

/** Any S3: MinIO, versitygw, AWS. */
export function createS3Store(settings: S3Settings): ObjectStore {
  const name = settings.name ?? "s3";
  const connection = connectS3(settings);
  const { client } = connection;

  const at = (action: StoreOperation["action"], container?: string, key?: string): StoreOperation => ({
    store: name,
    address: settings.url,
    action,
    ...(container !== undefined && { container }),
    ...(key !== undefined && { key }),
  });

  async function run<T>(where: StoreOperation, work: () => Promise<T>, signal?: AbortSignal, expectedEtag?: string): Promise<T> {
    try {
      signal?.throwIfAborted();
      return await connection.under(signal, work);
    } catch (error) {
      throw signal?.aborted ? signal.reason : classifyS3Error(error, where, expectedEtag);
    }
  }

  const head: ObjectStore["head"] = async (container, key) => {
    try {
      const response = await run(at("read", container, key), () =>
        client.makeRequestAsyncOmit({ method: "HEAD", bucketName: container, objectName: key }),
      );
      return storedObject(key, response.headers);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  };

  const get: ObjectStore["get"] = async (container, key, { range, ifEtag, signal } = {}) => {
    const where = at("read", container, key);
    const headers = { ...rangeHeader(range), ...(ifEtag !== undefined && { "if-match": `"${ifEtag}"` }) };
    const request = { method: "GET", bucketName: container, objectName: key, headers };
    const translate = (error: unknown) => (signal?.aborted ? signal.reason : classifyS3Error(error, where, ifEtag));
    try {
      const response = await run(where, () => client.makeRequestAsync(request, "", [200, 206]), signal, ifEtag);
      return { object: storedObject(key, response.headers), body: translated(response, translate) };
    } catch (error) {
      if (property(property(error, "cause"), "code") !== "InvalidRange") throw error;
      // As with a slice, nothing lies beyond the end: of an empty object, for one.
      const object = await head(container, key);
      if (object === undefined || (ifEtag !== undefined && object.etag !== ifEtag)) throw objectChanged(where, ifEtag ?? "*", object?.etag);
      return { object, body: nothing() };
    }
  };

  const remove: ObjectStore["delete"] = async (container, key) => {
    await run(at("delete", container, key), () => client.removeObject(container, key)).catch((error: unknown) => {
      if (!isGone(error)) throw error;
    });
  };

  return {
    name,
    head,
    get,
    async put(container, key, body, { size, contentType, metadata = {}, signal } = {}) {
      const where = at("write", container, key);
      const headers = { ...metadataHeaders(s3MetadataPrefix, metadata), ...(contentType !== undefined && { "content-type": contentType }) };
      const written = await run(
        where,
        () => uploadS3(connection, { container, key, body, headers, ...(size !== undefined && { size }), ...(signal && { signal }) }),
        signal,
      );
      const stored = await head(container, key);
      if (stored?.etag === written.etag) return stored;
      // Somebody wrote a newer one in between; what was asked for is the version that this call made.
      const version = written.versionId === undefined ? {} : { versionId: written.versionId };
      return {
        key,
        size: written.size,
        etag: written.etag,
        lastModified: written.time,
        ...version,
        ...(contentType !== undefined && { contentType }),
        metadata,
      };
    },
    delete: remove,
    async deleteVersions(container, key) {
      await remove(container, key);
      const request = (query: string) =>
        run(at("list", container, key), () => client.makeRequestAsync({ method: "GET", bucketName: container, query }));
      const versions = await Array.fromAsync(versionsOfKey(request, key)).catch((error: unknown) => {
        // A store that knows no versions keeps none.
        if (property(property(error, "cause"), "code") === "NotImplemented" || isGone(error)) return [];
        throw error;
      });
      for (const versionId of versions) await run(at("delete", container, key), () => client.removeObject(container, key, { versionId }));
    },
    list: (container, options = {}) =>
      listS3(
        (query) => run(at("list", container), () => client.makeRequestAsync({ method: "GET", bucketName: container, query })),
        options,
      ),
    async containers() {
      const buckets = await run(at("list"), () => client.listBuckets());
      return buckets.map((bucket) => bucket.name);
    },
    async createContainer(container) {
      await run(at("create", container), () => client.makeBucket(container, settings.region)).catch((error: unknown) => {
        const code = property(property(error, "cause"), "code");
        if (code !== "BucketAlreadyOwnedByYou" && code !== "BucketAlreadyExists") throw error;
      });
    },
    async [Symbol.asyncDispose]() {
      connection[Symbol.dispose]();
    },
  };
}

function storedObject(key: string, headers: IncomingHttpHeaders): StoredObject {
  const versionId = headers["x-amz-version-id"];
  const contentType = headers["content-type"];
  return {
    key,
    size: wholeSize(headers),
    etag: (headers.etag ?? "").replaceAll('"', ""),
    lastModified: new Date(headers["last-modified"] ?? 0),
    // "null" is what stores call versions from before versioning.
    ...(typeof versionId === "string" && versionId !== "null" && { versionId }),
    ...(contentType !== undefined && { contentType }),
    metadata: metadataOf(s3MetadataPrefix, headers),
  };
}
