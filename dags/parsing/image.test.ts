import { readFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
import type { JsonObject } from "sluice/sdk";
import { describe, expect, it } from "vitest";
import { imageGraph } from "./image-graph.ts";
import { readImage } from "./image.ts";
import { testObject } from "./test-object.ts";

const photograph = readFileSync(new URL("../samples/files/roof-at-dawn.jpg", import.meta.url));
const image = (content: Uint8Array, type: string, metadata: JsonObject = {}) =>
  testObject(content, { type, metadata, key: "roof.jpg", chunk: 4096 });
const read = (content: Uint8Array, type = "image/png") => readImage(image(content, type));

function chunk(kind: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

function png(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.alloc(Math.min(1000, height) * (1 + Math.min(1000, width) * 3)));
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", header),
    chunk("IDAT", pixels),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

describe("an image", () => {
  it("tells its format, its dimensions, its camera, when and where it was taken", async () => {
    expect(await read(photograph, "image/jpeg")).toMatchObject({
      format: "jpeg",
      dimensions: { width: 160, height: 120 },
      exif: {
        camera: { name: "FUJIFILM X-T4", make: "FUJIFILM", model: "X-T4" },
        takenAt: "2026-03-14T07:42:18+01:00",
        place: { latitude: 43.562031, longitude: 1.468411, altitude: 153 },
        orientation: 1,
        settings: { f_number: 5.6, iso: 160 },
      },
    });
    expect(await read(png(3, 2))).toEqual({ format: "png", dimensions: { width: 3, height: 2 }, exif: { settings: {} } });
  });

  it("larger than what is read of it is measured by its first bytes", async () => {
    const large = Buffer.concat([png(3, 2).subarray(0, 33), chunk("tEXt", Buffer.alloc(5_000_000, 65)), png(3, 2).subarray(33)]);
    expect((await read(large)).dimensions).toEqual({ width: 3, height: 2 });
    await expect(read(large.subarray(0, -12))).rejects.toMatchObject({ code: "BROKEN_IMAGE", message: expect.stringContaining("IEND") });
  });

  it("of 0 bytes is refused", async () => {
    await expect(read(Buffer.alloc(0))).rejects.toMatchObject({
      code: "EMPTY_OBJECT",
      kind: "terminal",
      message: expect.stringContaining("0 bytes"),
    });
  });

  it("that is truncated anywhere is refused", async () => {
    const whole = png(20, 20);
    for (let length = 1; length < whole.length; length++)
      await expect(read(whole.subarray(0, length)), `PNG cut to ${length}`).rejects.toMatchObject({
        code: "BROKEN_IMAGE",
        kind: "terminal",
      });
    for (let length = 1; length < photograph.length; length += 37)
      await expect(read(photograph.subarray(0, length), "image/jpeg"), `JPEG cut to ${length}`).rejects.toMatchObject({
        code: "BROKEN_IMAGE",
        kind: "terminal",
      });
  });

  it.each([
    ["a chunk longer than the file", (bytes: Buffer) => bytes.writeUInt32BE(0x7fffffff, 33), "only"],
    ["no width", (bytes: Buffer) => bytes.writeUInt32BE(0, 16), "checksum"],
    ["a flipped bit in its pixels", (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(45) ^ 1, 45), "checksum"],
    ["a first chunk that is none", (bytes: Buffer) => bytes.write("ABCD", 12), "IHDR"],
  ])("in PNG with %s is refused with the offset", async (_, damage, sentence) => {
    const bytes = png(20, 20);
    damage(bytes);
    await expect(read(bytes)).rejects.toMatchObject({
      code: "BROKEN_IMAGE",
      place: { offset: expect.any(Number) },
      message: expect.stringContaining(sentence),
    });
  });

  it("that claims more pixels than any camera makes is refused", async () => {
    await expect(read(png(0x7fffffff, 0x7fffffff))).rejects.toMatchObject({ code: "BROKEN_IMAGE" });
    await expect(read(png(0, 5))).rejects.toMatchObject({ code: "BROKEN_IMAGE" });
  });

  it.each([
    ["a segment of length 0", "ffd8ffe00000ffd9", "less than its own length"],
    ["a segment longer than the file", "ffd8ffe0ffff4a464946ffd9", "only"],
    ["pixels before their size", "ffd8ffda0008010100003f00ffd9", "before their size"],
    ["no segment at all", "ffd8ffd9", "before"],
    ["garbage for a marker", "ffd800000000000000ffd9", "expected a marker"],
  ])("in JPEG with %s is refused", async (_, hex, sentence) => {
    await expect(read(Buffer.from(hex, "hex"), "image/jpeg")).rejects.toMatchObject({
      code: "BROKEN_IMAGE",
      message: expect.stringContaining(sentence),
    });
  });

  it("that is damaged at random is read or refused, at once", async () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
    const started = performance.now();
    for (let round = 0; round < 600; round++) {
      const bytes = Buffer.from(photograph);
      for (let flips = 0; flips < 8; flips++) bytes[random(600)] = random(256);
      await read(bytes, round % 2 === 0 ? "image/jpeg" : "image/x-unknown").catch((error: { code?: string }) =>
        expect(error.code).toBe("BROKEN_IMAGE"),
      );
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it("whose EXIF alone is damaged is still an image", async () => {
    const bytes = Buffer.from(photograph);
    const tiff = bytes.indexOf("Exif\0\0") + 6;
    bytes.fill(0xff, tiff + 4, tiff + 8);
    const facts = await read(bytes, "image/jpeg");
    expect(facts.dimensions).toEqual({ width: 160, height: 120 });
    expect(facts.problem).toEqual(expect.any(String));
  });
});

describe("the graph of an image", () => {
  const graphOf = (metadata: JsonObject) => imageGraph(image(photograph, "image/jpeg", metadata), () => {});

  it("relates it to its camera, its place and what is in it", async () => {
    const { nodes, relations } = await graphOf({ image_content: { main_object: ["mast", "roof"], secondary_object: ["sun", "roof"] } });
    expect(nodes.map(({ label, key }) => [label, ...Object.values(key)])).toEqual([
      ["IMAGE", "42"],
      ["CAMERA", "FUJIFILM X-T4"],
      ["PLACE", 43.562, 1.4684],
      ["OBJECT", "mast"],
      ["OBJECT", "roof"],
      ["OBJECT", "sun"],
    ]);
    expect(relations.map(({ type, to }) => [type, Object.values(to.key)[0]])).toEqual([
      ["TAKEN_WITH", "FUJIFILM X-T4"],
      ["TAKEN_AT", 43.562],
      ["SUBJECT", "mast"],
      ["SUBJECT", "roof"],
      ["CONTAINS", "sun"],
      ["CONTAINS", "roof"],
    ]);
    expect(relations.every(({ from }) => from.label === "IMAGE" && from.key["swift_id"] === "42")).toBe(true);
  });

  it("refuses image_content that names nothing", async () => {
    await expect(graphOf({ image_content: "roof" })).rejects.toMatchObject({ code: "BAD_IMAGE_CONTENT" });
    await expect(graphOf({ image_content: { main_object: [3] } })).rejects.toMatchObject({
      code: "BAD_IMAGE_CONTENT",
      place: { field: "image_content.main_object" },
    });
  });
});
