import { promisify } from "node:util";
import { gunzipSync, gzip } from "node:zlib";
import type { Closing } from "../contract.ts";

/** What a run said of an object when it was done with it. */
export type RecordedClosing = Pick<Closing, "arrival" | "object" | "left" | "trace">;

/** Closings as they go into a history: members of a group are much alike, so 200 of them take a few kilobytes. */
export async function recordOf(closings: readonly Closing[]): Promise<string> {
  const kept = closings.map(({ arrival, object, left, trace }): RecordedClosing => ({ arrival, object, left, trace }));
  return (await promisify(gzip)(JSON.stringify(kept))).toString("base64");
}

export function readRecord(record: string): readonly RecordedClosing[] {
  return JSON.parse(String(gunzipSync(Buffer.from(record, "base64")))) as readonly RecordedClosing[];
}
