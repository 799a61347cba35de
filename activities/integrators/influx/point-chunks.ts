import type { PointEncoder } from "./point-encoder.ts";
import { chunksOfRows } from "../writing/rows.ts";

/** Lines of one call, ready to be sent with those of others. */
export type PointsChunk = { readonly lines: string; readonly points: number };

export const pointsARequest = 5_000;
export const bytesARequest = 4 * 1024 * 1024;

export async function* chunksOfPoints(input: unknown, encoder: PointEncoder, signal: AbortSignal): AsyncGenerator<PointsChunk> {
  let lines = "";
  let points = 0;
  let number = 0;
  for await (const rows of chunksOfRows(input)) {
    signal.throwIfAborted();
    for (const row of rows) {
      number += 1;
      lines += encoder.encode(row, number);
      points += 1;
      if (points < pointsARequest && lines.length < bytesARequest) continue;
      yield { lines, points };
      lines = "";
      points = 0;
    }
  }
  if (points > 0) yield { lines, points };
}

/** UTF-16 units stand for bytes: the bound is a matter of memory, not of the protocol. */
export function weighPoints({ lines, points }: PointsChunk): number {
  return Math.max(points / pointsARequest, lines.length / bytesARequest);
}
