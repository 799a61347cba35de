import { buffer } from "node:stream/consumers";
import { imageSize } from "image-size";
import { type LakeObject, terminal } from "sluice/sdk";
import { nameOf, type Readable } from "./encoding.ts";
import { type Exif, readExif } from "./image-exif.ts";
import { checkImage, type Ends } from "./image-structure.ts";

export type ImageFacts = {
  /** `jpeg`, `png`, `tiff`, … */
  readonly format: string;
  /** Pixels; absent where the format does not tell, or not in a way that is known. */
  readonly dimensions?: { readonly width: number; readonly height: number };
  readonly exif: Exif;
  /** What could not be read although the image is sound. */
  readonly problem?: string;
};

/** Whatever the size of an image, no more than this is read of it. */
const headBytes = 2 * 1024 * 1024;
const tailBytes = 64 * 1024;
/** More pixels than the largest camera or scanner makes: made up to exhaust whoever decodes it. */
const maxPixels = 4e9;

/** What an image says about itself. @throws `EMPTY_OBJECT`, `BROKEN_IMAGE` (terminal) */
export async function readImage(object: Readable & Pick<LakeObject, "type">): Promise<ImageFacts> {
  if (object.size === 0)
    throw terminal(
      "EMPTY_OBJECT",
      `The image ${nameOf(object)} is empty: found 0 bytes, expected the type ${object.type}. Upload it again with its content.`,
    );
  const ends = await readEnds(object);
  checkImage(object.type, ends, object);
  const { format, dimensions } = measure(ends.head, object);
  const { exif, problem } = exifFormats.has(format) ? await readExif(ends.head) : { exif: { settings: {} } };
  return { format, ...(dimensions && { dimensions }), exif, ...(problem !== undefined && { problem }) };
}

const exifFormats = new Set(["jpeg", "png", "tiff", "heif", "heic", "avif"]);

async function readEnds(object: Readable): Promise<Ends> {
  const { size } = object;
  const head = await buffer(object.read({ start: 0, end: Math.min(size, headBytes) }));
  const tail = size <= headBytes ? head.subarray(-tailBytes) : await buffer(object.read({ start: size - tailBytes, end: size }));
  return { head, tail, size };
}

function measure(head: Buffer, object: Readable & Pick<LakeObject, "type">): Pick<ImageFacts, "format" | "dimensions"> {
  try {
    const { width, height, type = "" } = imageSize(head);
    const format = type === "jpg" || type === "" ? "jpeg" : type;
    if (width > 0 && height > 0 && width * height <= maxPixels) return { format, dimensions: { width, height } };
    if (format === "svg") return { format };
    throw broken(object, `found ${width} × ${height} pixels`);
  } catch (cause) {
    if (cause instanceof Error && cause.name === "SluiceError") throw cause;
    if (strictTypes.has(object.type)) throw broken(object, cause instanceof Error ? cause.message : String(cause), cause);
    return { format: object.type.replace(/^image\/(x-)?/, "") };
  }
}

/** Formats whose dimensions stand in their first bytes: there, not finding them means that the image is broken. */
const strictTypes = new Set(["image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp"]);

function broken(object: Readable & Pick<LakeObject, "type">, reason: string, cause?: unknown) {
  return terminal(
    "BROKEN_IMAGE",
    `The dimensions of ${nameOf(object)} cannot be read (type ${object.type}): ${reason}. It was cut off in transfer or damaged: upload it again.`,
    { cause },
  );
}
