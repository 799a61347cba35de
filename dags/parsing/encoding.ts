import { isUtf8 } from "node:buffer";
import { type LakeObject, terminal } from "sluice/sdk";

/** What a parser needs of an object: so that a test can make one of a few bytes. */
export type Readable = Pick<LakeObject, "read" | "container" | "key" | "size" | "metadata">;

/** How an object is named in messages. */
export function nameOf(object: Pick<LakeObject, "container" | "key">): string {
  return `${object.container}/${object.key}`;
}

/**
 * The content as UTF-8 without a byte-order mark, chunk by chunk. UTF-16 is known by its mark; any other encoding
 * must be declared in the object's metadata (`encoding: "windows-1252"`), because guessing it corrupts text silently.
 */
export async function* utf8Of(object: Readable): AsyncGenerator<Uint8Array> {
  const chunks = object.read()[Symbol.asyncIterator]();
  try {
    const head = await firstBytes(chunks, 3);
    const mark = markOf(head);
    const label = mark?.encoding ?? declaredEncoding(object);
    const rest = startingWith(head.subarray(mark?.length ?? 0), chunks);
    if (label === "utf-8") yield* validated(rest, object, mark?.length ?? 0);
    else yield* transcoded(rest, object, label);
  } finally {
    await chunks.return?.();
  }
}

/** The content as text, chunk by chunk; a character is never cut. */
export async function* textOf(object: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for await (const chunk of utf8Of(object)) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

function markOf(head: Uint8Array): { encoding: string; length: number } | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: "utf-8", length: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: "utf-16le", length: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: "utf-16be", length: 2 };
  return undefined;
}

/** The canonical name of the encoding that the uploader declared; UTF-8 where none is. */
function declaredEncoding(object: Readable): string {
  const declared = object.metadata["encoding"];
  if (declared === undefined || declared === null || declared === "") return "utf-8";
  try {
    return new TextDecoder(typeof declared === "string" ? declared : "").encoding;
  } catch (cause) {
    throw terminal(
      "UNKNOWN_ENCODING",
      `The metadata of ${nameOf(object)} declares the encoding ${JSON.stringify(declared)}, which is not known. Expected a name of the WHATWG Encoding Standard, such as utf-8, utf-16le or windows-1252.`,
      { cause },
    );
  }
}

async function* validated(chunks: AsyncIterable<Uint8Array>, object: Readable, start: number): AsyncGenerator<Uint8Array> {
  let offset = start;
  let cut: Uint8Array = new Uint8Array();
  for await (const chunk of chunks) {
    const bytes = cut.length > 0 ? Buffer.concat([cut, chunk]) : chunk;
    const whole = bytes.subarray(0, bytes.length - cutCharacter(bytes));
    if (!isUtf8(whole)) throw wrongEncoding(object, offset + firstInvalid(whole));
    const zero = whole.indexOf(0);
    if (zero >= 0) throw zeroByte(object, offset + zero);
    if (whole.length > 0) yield whole;
    offset += whole.length;
    cut = bytes.subarray(whole.length);
  }
  if (cut.length > 0) throw wrongEncoding(object, offset);
}

/** How many bytes at the end belong to a character that goes on in the next chunk. */
function cutCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** By halving: a decoder that expects more finds fault with a prefix only if the invalid byte is in it. */
function firstInvalid(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      valid = middle;
    } catch {
      invalid = middle;
    }
  }
  // A character that was begun and not completed is invalid from its first byte on.
  return valid - cutCharacter(bytes.subarray(0, valid));
}

async function* transcoded(chunks: AsyncIterable<Uint8Array>, object: Readable, label: string): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(label, { fatal: true });
  const encoder = new TextEncoder();
  let offset = 0;
  try {
    for await (const chunk of chunks) {
      const text = decoder.decode(chunk, { stream: true });
      offset += chunk.length;
      if (text.length > 0) yield encoder.encode(text);
    }
    const last = decoder.decode();
    if (last.length > 0) yield encoder.encode(last);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw terminal(
      "WRONG_ENCODING",
      `${nameOf(object)} is declared or marked as ${label}, but its bytes from offset ${offset} on are not valid ${label}. Declare its true encoding in the metadata (\`encoding\`), or convert it to UTF-8.`,
      { place: { offset }, cause },
    );
  }
}

function wrongEncoding(object: Readable, offset: number) {
  return terminal(
    "WRONG_ENCODING",
    `${nameOf(object)} is not UTF-8: the byte at offset ${offset} begins no valid character. Convert it to UTF-8, or declare its encoding in the metadata, e.g. \`encoding: "windows-1252"\`.`,
    { place: { offset } },
  );
}

function zeroByte(object: Readable, offset: number) {
  return terminal(
    "WRONG_ENCODING",
    `${nameOf(object)} holds a zero byte at offset ${offset}, so it is no UTF-8 text; it may be UTF-16 without a byte-order mark. Convert it to UTF-8, or declare its encoding in the metadata, e.g. \`encoding: "utf-16le"\`.`,
    { place: { offset } },
  );
}

async function firstBytes(chunks: AsyncIterator<Uint8Array>, count: number): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array();
  while (head.length < count) {
    const next = await chunks.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* startingWith(head: Uint8Array, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}
