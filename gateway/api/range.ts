import type { ByteRange } from "../../infra/stores/object-store.ts";

/** A range within the object (both ends known), `unsatisfiable`, or undefined: the whole of it. */
export type WantedRange = Required<ByteRange> | "unsatisfiable" | undefined;

/**
 * Reads a `Range` header (RFC 9110, section 14): one range of bytes. Several at once, another unit or a malformed
 * one are ignored, as the RFC allows.
 */
export function wantedRange(header: string | undefined, size: number): WantedRange {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const suffix = Number(last);
    return suffix === 0 || size === 0 ? "unsatisfiable" : { start: Math.max(0, size - suffix), end: size };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= size) return "unsatisfiable";
  return { start, end: last === "" ? size : Math.min(size, Number(last) + 1) };
}
