import { Readable } from "node:stream";
import { LRUCache } from "lru-cache";
import { RandomAccessReader } from "yauzl";
import type { LakeObject } from "../../../sdk/contracts/object.ts";

const blockBytes = 256 * 1024;
const blocksKept = 8;

/**
 * Lets yauzl read an object of the lake. It asks for a directory in pieces of a few dozen bytes: those come out of
 * blocks that are kept, and so do small members; a large member is streamed by one ranged read.
 */
export class RangeReader extends RandomAccessReader {
  readonly #object: Pick<LakeObject, "read" | "size">;
  readonly #blocks: LRUCache<number, Promise<Uint8Array>>;

  constructor(object: Pick<LakeObject, "read" | "size">) {
    super();
    this.#object = object;
    this.#blocks = new LRUCache({ max: blocksKept });
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const content = end - start <= blockBytes ? this.#fromBlocks(start, end) : this.#object.read({ start, end });
    return Readable.from(content, { objectMode: false });
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.#fill(buffer, offset, length, position).then(
      (count) => callback(null, count),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  }

  /** Many small members cost one read for many of them. */
  async *#fromBlocks(start: number, end: number): AsyncGenerator<Uint8Array> {
    const buffer = Buffer.alloc(end - start);
    const count = await this.#fill(buffer, 0, buffer.length, start);
    if (count > 0) yield buffer.subarray(0, count);
  }

  async #fill(buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    const wanted = Math.max(0, Math.min(length, this.#object.size - position));
    for (let done = 0; done < wanted;) {
      const at = position + done;
      const block = await this.#block(Math.floor(at / blockBytes));
      const piece = block.subarray(at % blockBytes, (at % blockBytes) + wanted - done);
      if (piece.byteLength === 0) return done;
      buffer.set(piece, offset + done);
      done += piece.byteLength;
    }
    return wanted;
  }

  #block(index: number): Promise<Uint8Array> {
    const kept = this.#blocks.get(index);
    if (kept) return kept;
    const start = index * blockBytes;
    const block = collect(this.#object.read({ start, end: Math.min(start + blockBytes, this.#object.size) }));
    this.#blocks.set(index, block);
    block.catch(() => this.#blocks.delete(index));
    return block;
  }
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}
