import { terminal } from "../../sdk/contracts/errors.ts";

export type Metadata = { readonly [name: string]: string };

const plain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const encodedWord = /=\?([\w-]+)\?([bq])\?([^?]*)\?=/gi;

/**
 * Metadata as HTTP headers. Values that a header cannot carry (Unicode, line breaks, outer spaces, nothing at all)
 * become an encoded word of RFC 2047, as S3 itself writes them.
 */
export function metadataHeaders(prefix: string, metadata: Metadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`${prefix}${checkedName(name)}`, encodeValue(value)]));
}

/** Metadata of a response's headers, or of anything else that holds them by name. */
export function metadataOf(prefix: string, headers: { readonly [name: string]: unknown }): Metadata {
  const entries = Object.entries(headers).flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    return lower.startsWith(prefix) && typeof value === "string" ? [[lower.slice(prefix.length), decodeValue(value)] as const] : [];
  });
  return Object.fromEntries(entries);
}

export function encodeValue(value: string): string {
  if (plain.test(value) && !value.includes("=?")) return value;
  return `=?UTF-8?B?${Buffer.from(value, "utf8").toString("base64")}?=`;
}

export function decodeValue(value: string): string {
  const text = rawUtf8(value);
  if (!text.includes("=?")) return text;
  // Spaces between two encoded words belong to the folding, not to the value.
  return text.replace(/\?=\s+=\?/g, "?==?").replace(encodedWord, (word, charset: string, coding: string, content: string) => {
    const bytes = coding.toLowerCase() === "b" ? Buffer.from(content, "base64") : quotedPrintable(content);
    try {
      return new TextDecoder(charset).decode(bytes);
    } catch {
      return word;
    }
  });
}

/** Clients that send raw UTF-8 arrive here as Latin-1, one character a byte. */
function rawUtf8(value: string): string {
  if (!/[\x80-\xff]/.test(value) || /[\u0100-\uffff]/.test(value)) return value;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(value, "latin1"));
  } catch {
    return value;
  }
}

function quotedPrintable(content: string): Buffer {
  const bytes = content.replaceAll("_", " ").replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1");
}

function checkedName(name: string): string {
  if (/^[a-z0-9][a-z0-9-]*$/.test(name)) return name;
  const message = `Metadata cannot be named "${name}": stores keep names as HTTP headers. Use lower-case letters, digits and dashes, e.g. "sensor-type".`;
  throw terminal("WRONG_METADATA_NAME", message, { place: { field: name } });
}
