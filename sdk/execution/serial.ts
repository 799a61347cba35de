import type { Json, JsonObject } from "../contracts/json.ts";

/** A value as JSON: dates, big integers and bytes are kept as tagged objects, what JSON cannot hold is refused. */
export function toJson(value: unknown, where = "value"): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw new TypeError(`${where} is ${value}, which JSON cannot hold. Return null or text instead.`);
  }
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (value instanceof Date) return { $date: value.toISOString() };
  if (value instanceof Uint8Array) return { $bytes: toBase64(value) };
  if (Array.isArray(value)) return value.map((entry, index) => toJson(entry, `${where}[${index}]`));
  if (typeof value === "object") {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    return Object.fromEntries(entries.map(([name, entry]) => [name, toJson(entry, `${where}.${name}`)]));
  }
  throw new TypeError(`${where} is a ${typeof value}, which cannot be passed between tasks. Return JSON values, dates or bytes.`);
}

/** The inverse of {@link toJson}. */
export function fromJson(json: Json): unknown {
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json !== "object" || json === null) return json;
  const entries = Object.entries(json as JsonObject);
  const [only] = entries;
  if (entries.length === 1 && only && typeof only[1] === "string") {
    if (only[0] === "$date") return new Date(only[1]);
    if (only[0] === "$bigint") return BigInt(only[1]);
    if (only[0] === "$bytes") return fromBase64(only[1]);
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, fromJson(value)]));
}

/** Few enough to be passed as arguments. */
const bytesAtOnce = 8_192;

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += bytesAtOnce) binary += String.fromCharCode(...bytes.subarray(at, at + bytesAtOnce));
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
