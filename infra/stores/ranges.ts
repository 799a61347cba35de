import type { ByteRange } from "./object-store.ts";

/** The header of a range; none where it is the whole. HTTP counts the last byte in. */
export function rangeHeader(range: ByteRange | undefined): { range?: string } {
  if (range === undefined || (range.start === 0 && range.end === undefined)) return {};
  // An empty range has no form of its own in HTTP: one beyond the end of any object is answered as such.
  if (range.end !== undefined && range.end <= range.start) return { range: `bytes=${Number.MAX_SAFE_INTEGER}-` };
  return { range: `bytes=${range.start}-${range.end === undefined ? "" : range.end - 1}` };
}

/** The size of the whole object, of which the response may be a range. */
export function wholeSize(headers: { readonly [name: string]: string | string[] | undefined }): number {
  const whole = /\/(\d+)$/.exec(String(headers["content-range"] ?? ""))?.[1] ?? headers["content-length"];
  return Number(whole);
}
