import type { PointEncoder } from "./point-encoder.ts";
import { chunksOfRows } from "../writing/rows.ts";

/** Lines of one call, ready to be sent with those of others. */
export type PointsChunk = { readonly lines: Uint8Array; readonly points: number };

export const pointsARequest = 5_000;
export const bytesARequest = 4 * 1024 * 1024;
/** Text becomes bytes this often: strings put together of millions of pieces live long enough to be collected dearly. */
const textLength = 16 * 1024;

export async function* chunksOfPoints(input: unknown, encoder: PointEncoder, signal: AbortSignal): AsyncGenerator<PointsChunk> {
  let blocks: Buffer[] = [];
  let text = "";
  let bytes = 0;
  let points = 0;
  let number = 0;

  function toBytes(): void {
    const block = Buffer.from(text);
    blocks.push(block);
    bytes += block.length;
    text = "";
  }

  function take(): PointsChunk {
    toBytes();
    const chunk = { lines: Buffer.concat(blocks, bytes), points };
    blocks = [];
    bytes = 0;
    points = 0;
    return chunk;
  }

  for await (const rows of chunksOfRows(input)) {
    signal.throwIfAborted();
    for (const row of rows) {
      number += 1;
      text += encoder.encode(row, number);
      points += 1;
      if (text.length >= textLength) toBytes();
      if (points >= pointsARequest || bytes >= bytesARequest) yield take();
    }
  }
  if (points > 0) yield take();
}

export function weighPoints({ lines, points }: PointsChunk): number {
  return Math.max(points / pointsARequest, lines.length / bytesARequest);
}
