import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import { textOf } from "./encoding.ts";
import { all, testObject } from "./test-object.ts";

const text = "Température : 21 °C – 温度 🌡️\n";
const read = async (content: Uint8Array | string, metadata = {}) =>
  (await all(textOf(testObject(content, { metadata, chunk: 5 })))).join("");

describe("the encoding of an object", () => {
  it("is UTF-8, with characters cut anywhere by the chunks", async () => {
    for (const chunk of [1, 2, 3, 4, 5]) expect((await all(textOf(testObject(text, { chunk })))).join("")).toBe(text);
  });

  it("is known by its byte-order mark, which is no part of the text", async () => {
    expect(await read(`\ufeff${text}`)).toBe(text);
    expect(await read(iconv.encode(text, "utf-16le", { addBOM: true }))).toBe(text);
    expect(await read(iconv.encode(text, "utf-16be", { addBOM: true }))).toBe(text);
  });

  it("may be declared in the metadata", async () => {
    expect(await read(iconv.encode("Température", "windows-1252"), { encoding: "windows-1252" })).toBe("Température");
  });

  it("is refused with the offset of the first byte that is not UTF-8", async () => {
    const bytes = Buffer.concat([Buffer.from("é ok "), iconv.encode("Température", "windows-1252")]);
    await expect(read(bytes)).rejects.toMatchObject({
      code: "WRONG_ENCODING",
      kind: "terminal",
      place: { offset: 10 },
      message: expect.stringContaining("offset 10"),
    });
  });

  it("is refused where the last character is cut off", async () => {
    await expect(read(Buffer.from("abcé").subarray(0, 4))).rejects.toMatchObject({ code: "WRONG_ENCODING", place: { offset: 3 } });
  });

  it("is refused where it is UTF-16 without a mark", async () => {
    await expect(read(iconv.encode("time,value\n", "utf-16le"))).rejects.toMatchObject({ code: "WRONG_ENCODING", place: { offset: 1 } });
  });

  it("is refused where the metadata names one that does not exist", async () => {
    await expect(read(text, { encoding: "utf-9" })).rejects.toMatchObject({ code: "UNKNOWN_ENCODING" });
  });
});
