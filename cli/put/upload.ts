import { createReadStream } from "node:fs";
import type { GatewayClient, Upload, UploadMetadata } from "../../gateway/client.ts";
import type { Source } from "./sources.ts";

type Uploading = {
  readonly container: string;
  readonly metadata: UploadMetadata;
  readonly onBytes: (amount: number) => void;
};

/** Streams a file to the gateway, in bounded memory whatever its size. */
export async function uploadFile(client: GatewayClient, source: Source, options: Uploading): Promise<Upload> {
  const { container, metadata, onBytes } = options;
  const { file, key, size } = source;
  const type = metadata.declared_type ?? source.type ?? "application/octet-stream";
  // Read to the size that was announced: a file that grows meanwhile would break the request.
  const body = size === 0 ? new Uint8Array() : ReadableStream.from(counted(file, size, onBytes));
  return client.put(container, key, body, { type, size, metadata });
}

async function* counted(file: string, size: number, onBytes: (amount: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(file, { end: size - 1, highWaterMark: 256 * 1024 })) {
    onBytes((chunk as Uint8Array).length);
    yield chunk as Uint8Array;
  }
}

/** Works on so many items at once; the first that throws ends it. */
export async function inParallel<Item>(items: readonly Item[], width: number, work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lane = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}
