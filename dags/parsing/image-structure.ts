import { crc32 } from "node:zlib";
import { type SluiceError, terminal } from "sluice/sdk";
import { nameOf, type Readable } from "./encoding.ts";

/** The beginning and the end of a file; they overlap where it is short. */
export type Ends = { readonly head: Buffer; readonly tail: Buffer; readonly size: number };

type Check = (ends: Ends, broken: (reason: string, offset: number) => SluiceError) => void;

/** By content type; other formats are only asked for their dimensions. */
const checks: { readonly [type: string]: Check } = {
  "image/png": checkPng,
  "image/jpeg": checkJpeg,
  "image/gif": checkGif,
  "image/webp": checkWebp,
};

/**
 * Follows the lengths that the file states and looks for its end, so that what was cut off or made to mislead a
 * decoder is found without decoding a pixel.
 * @throws `BROKEN_IMAGE` (terminal, with the offset)
 */
export function checkImage(type: string, ends: Ends, object: Readable): void {
  checks[type]?.(ends, (reason, offset) =>
    terminal(
      "BROKEN_IMAGE",
      `${nameOf(object)} is a broken ${type}: ${reason} (at offset ${offset} of ${ends.size} bytes). It was cut off in transfer or damaged: upload it again.`,
      { place: { offset } },
    ),
  );
}

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function checkPng({ head, tail, size }: Ends, broken: (reason: string, offset: number) => SluiceError): void {
  if (!head.subarray(0, 8).equals(pngSignature)) throw broken("it does not begin with the signature of a PNG", 0);
  for (let at = 8; ;) {
    if (at + 8 > size) throw broken("it ends before the final chunk (IEND)", size);
    if (at + 8 > head.length) break;
    const length = head.readUInt32BE(at);
    const kind = head.toString("latin1", at + 4, at + 8);
    if (!/^[A-Za-z]{4}$/.test(kind)) throw broken("expected the name of a chunk, found other bytes", at + 4);
    if (at + 12 + length > size)
      throw broken(`the chunk ${kind} says that it has ${length} bytes, but only ${Math.max(0, size - at - 12)} follow`, at);
    if (at === 8 && (kind !== "IHDR" || length !== 13)) throw broken("expected the chunk IHDR of 13 bytes first", at);
    const data = at + 8 + length;
    if (data + 4 <= head.length && crc32(head.subarray(at + 4, data)) !== head.readUInt32BE(data))
      throw broken(`the checksum of the chunk ${kind} is wrong`, at);
    if (kind === "IEND") return;
    at = data + 4;
  }
  if (tail.lastIndexOf("IEND", undefined, "latin1") < 0) throw broken("it ends before the final chunk (IEND)", size);
}

const [startOfScan, endOfImage] = [0xda, 0xd9];

function checkJpeg({ head, tail, size }: Ends, broken: (reason: string, offset: number) => SluiceError): void {
  if (head[0] !== 0xff || head[1] !== 0xd8) throw broken("it does not begin with the marker of a JPEG", 0);
  let framed = false;
  for (let at = 2; at + 4 <= head.length;) {
    if (head[at] !== 0xff) throw broken("expected a marker, found other bytes", at);
    const marker = head[at + 1] as number;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === endOfImage) throw broken("it ends before any pixels", at);
    const length = head.readUInt16BE(at + 2);
    if (length < 2) throw broken(`a segment says that it has ${length} bytes, less than its own length takes`, at);
    if (at + 2 + length > size) throw broken(`a segment says that it has ${length} bytes, but only ${size - at - 2} follow`, at);
    if (marker === startOfScan) {
      if (!framed) throw broken("pixels begin before their size is told", at);
      break;
    }
    framed ||= isFrame(marker);
    at += 2 + length;
  }
  if (size <= head.length && !framed) throw broken("it ends before the size of the image is told", size);
  if (tail.lastIndexOf(Buffer.from([0xff, endOfImage])) < 0) throw broken("it ends before the marker of its end", size);
}

/** SOF0 to SOF15, without the three markers in between that mean something else. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function checkGif({ head, tail, size }: Ends, broken: (reason: string, offset: number) => SluiceError): void {
  if (!/^GIF8[79]a$/.test(head.toString("latin1", 0, 6))) throw broken("it does not begin with the signature of a GIF", 0);
  if (tail.lastIndexOf(0x3b) < 0) throw broken("it ends before its trailer", size);
}

function checkWebp({ head, size }: Ends, broken: (reason: string, offset: number) => SluiceError): void {
  if (size < 16 || head.toString("latin1", 0, 4) !== "RIFF" || head.toString("latin1", 8, 12) !== "WEBP")
    throw broken("it does not begin with the signature of a WebP", 0);
  const stated = head.readUInt32LE(4) + 8;
  if (stated > size) throw broken(`it says that it has ${stated} bytes`, size);
}
