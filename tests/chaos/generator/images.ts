import { crc32, deflateSync } from "node:zlib";
import type { Content, Draft, ExpectedImage, Scalar } from "./expected.ts";
import { createRandom, type Random } from "./random.ts";

const things = ["car", "tree", "person", "bench", "drone"] as const;
const cameras = [
  { make: "FUJIFILM", model: "X-T4" },
  { make: "Canon", model: "EOS R6" },
] as const;

type Relation = ExpectedImage["relations"][number];

/** Names of what is seen; what is both is one node with two relations. They belong to the object, not to its version. */
function contentOf(serial: number): { readonly header: { readonly [name: string]: string }; readonly relations: readonly Relation[] } {
  const random = createRandom(serial, "seen");
  const some = () => random.shuffled(things).slice(0, random.whole(0, 3));
  const [main_object, secondary_object] = [some(), some()];
  const related = (type: string) => (thing: string) => ({ type, label: "OBJECT", key: { type: thing } });
  return {
    header: { image_content: JSON.stringify({ main_object, secondary_object }) },
    relations: [...main_object.map(related("SUBJECT")), ...secondary_object.map(related("CONTAINS"))],
  };
}

function imageContent(
  bytes: Buffer,
  contentType: string,
  { serial, container, key }: Draft,
  more: { readonly [name: string]: Scalar },
  relations: readonly Relation[],
): Content {
  const seen = contentOf(serial);
  return {
    bytes,
    contentType,
    metadata: seen.header,
    expected: {
      state: "processed",
      image: {
        properties: { name: key, container, content_type: contentType, bytes: bytes.length, ...more },
        relations: [...relations, ...seen.relations],
      },
    },
  };
}

export function png(draft: Draft, random: Random): Content {
  const [width, height] = [random.whole(1, 40), random.whole(1, 40)];
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8);
  const pixels = Buffer.from(
    Array.from({ length: height }, () => [0, ...Array.from({ length: width }, () => random.whole(0, 255))]).flat(),
  );
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const bytes = Buffer.concat([
    signature,
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(pixels)),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
  return imageContent(bytes, "image/png", draft, { format: "png", width, height }, []);
}

function pngChunk(name: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** A photograph with what a camera says of it; its pixels are noise that nobody decodes. */
export function jpeg(draft: Draft, random: Random): Content {
  const camera = createRandom(draft.serial, "camera").pick(cameras);
  const [width, height] = [random.whole(1, 4_000), random.whole(1, 4_000)];
  const place = { latitude: random.whole(0, 9) + 43, longitude: random.whole(0, 5) };
  const bytes = Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe1, exif(camera, place)),
    segment(0xc0, Buffer.from([8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0])),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    // A byte of 0xff in here would begin a marker.
    Buffer.from(Array.from({ length: random.whole(50, 300) }, () => random.whole(0, 250))),
    Buffer.from([0xff, 0xd9]),
  ]);
  return imageContent(bytes, "image/jpeg", draft, { format: "jpeg", width, height, taken_at: "2026-03-14T10:20:30", ...place }, [
    { type: "TAKEN_WITH", label: "CAMERA", key: { name: `${camera.make} ${camera.model}` } },
    { type: "TAKEN_AT", label: "PLACE", key: place },
  ]);
}

function segment(marker: number, data: Buffer): Buffer {
  const length = data.length + 2;
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 255]), data]);
}

type Entry = readonly [tag: number, type: number, count: number, data: Buffer];

/** TIFF, as it stands in a JPEG: directories of entries, whose longer values follow them. */
function exif(
  camera: { readonly make: string; readonly model: string },
  place: { readonly latitude: number; readonly longitude: number },
): Buffer {
  const main = [asciiEntry(0x010f, camera.make), asciiEntry(0x0110, camera.model)];
  const photo = [asciiEntry(0x9003, "2026:03:14 10:20:30")];
  const where = [asciiEntry(1, "N"), degreesEntry(2, place.latitude), asciiEntry(3, "E"), degreesEntry(4, place.longitude)];
  const photoAt = 8 + sizeOf(main, 2);
  const whereAt = photoAt + sizeOf(photo, 0);
  const begin = Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8]);
  const pointers = [longEntry(0x8769, photoAt), longEntry(0x8825, whereAt)];
  const tiff = [begin, directory([...main, ...pointers], 8), directory(photo, photoAt), directory(where, whereAt)];
  return Buffer.concat([Buffer.from("Exif\0\0", "latin1"), ...tiff]);
}

function asciiEntry(tag: number, text: string): Entry {
  const data = Buffer.from(`${text}\0`, "latin1");
  return [tag, 2, data.length, data];
}

function longEntry(tag: number, value: number): Entry {
  return [tag, 4, 1, long(value)];
}

function degreesEntry(tag: number, degrees: number): Entry {
  return [tag, 5, 3, Buffer.concat([degrees, 1, 0, 1, 0, 1].map(long))];
}

function sizeOf(entries: readonly Entry[], pointers: number): number {
  const beside = entries.reduce((sum, [, , , data]) => sum + (data.length > 4 ? data.length : 0), 0);
  return 2 + (entries.length + pointers) * 12 + 4 + beside;
}

function directory(entries: readonly Entry[], at: number): Buffer {
  let next = at + 2 + entries.length * 12 + 4;
  const beside: Buffer[] = [];
  const lines = entries.map(([tag, type, count, data]) => {
    const head = Buffer.concat([short(tag), short(type), long(count)]);
    if (data.length <= 4) return Buffer.concat([head, data, Buffer.alloc(4 - data.length)]);
    const pointer = long(next);
    next += data.length;
    beside.push(data);
    return Buffer.concat([head, pointer]);
  });
  return Buffer.concat([short(entries.length), ...lines, long(0), ...beside]);
}

function short(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
