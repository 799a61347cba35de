import { createReadStream } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import pLimit from "p-limit";
import type { GatewayClient, Upload, UploadMetadata } from "../../gateway/client.ts";
import type { Source } from "./sources.ts";

type Uploading = {
  readonly container: string;
  readonly metadata: UploadMetadata;
  /** Below 0 where it begins anew. */
  readonly onBytes: (amount: number) => void;
  /** The tenant has put as much as it may for now: it goes on in so many seconds. */
  readonly onWait?: (seconds: number) => void;
};

/** A file waits this long for its tenant's limits at most, in milliseconds. */
const longestWait = 600_000;

/** Streams a file to the gateway, in bounded memory whatever its size. */
export async function uploadFile(client: GatewayClient, source: Source, options: Uploading): Promise<Upload> {
  const { container, metadata, onBytes, onWait } = options;
  const { file, key, size } = source;
  const type = metadata.declared_type ?? source.type ?? "application/octet-stream";
  const deadline = performance.now() + longestWait;
  let sending = { read: 0 };
  // What is still read for a request that was refused counts no more.
  const advance = (of: typeof sending) => (amount: number) => {
    if (of !== sending) return;
    of.read += amount;
    onBytes(amount);
  };
  // Read to the size that was announced: a file that grows meanwhile would break the request.
  const body = () => (size === 0 ? new Uint8Array() : ReadableStream.from(counted(file, size, advance(sending))));

  async function again(seconds: number) {
    onBytes(-sending.read);
    sending = { read: 0 };
    if (performance.now() + seconds * 1_000 > deadline) return undefined;
    onWait?.(seconds);
    await pause(seconds * 1_000);
    return body();
  }
  return client.put(container, key, body(), { type, size, metadata, again });
}

async function* counted(file: string, size: number, onBytes: (amount: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(file, { end: size - 1, highWaterMark: 256 * 1024 })) {
    onBytes((chunk as Uint8Array).length);
    yield chunk as Uint8Array;
  }
}

/** Works on so many items at once; the first that throws ends it. */
export async function inParallel<Item>(items: readonly Item[], width: number, work: (item: Item) => Promise<void>): Promise<void> {
  const limit = pLimit(width);
  await limit.map(items, work).finally(() => limit.clearQueue());
}
