import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { settleType, type TypeSigns } from "./settle-type.ts";

const png = Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), Buffer.alloc(17, 1), deflateSync("x")]);
const jpeg = Buffer.from("ffd8ffe000104a46494600010100000100010000ffd9", "hex");
const zip = Buffer.concat([Buffer.from("504b030414000000000000000000", "hex"), Buffer.alloc(40)]);
const random = Buffer.from([1, 2, 3, 0, 255, 254, 0, 7, 200, 9]);
const csv = "time,value\n2026-01-01,1\n2026-01-02,2\n";

function settle(content: string | Uint8Array, signs: Partial<TypeSigns> = {}) {
  const head = Buffer.from(content as string);
  return settleType({ key: "object", head, size: head.length, ...signs });
}

describe("the type that routes", () => {
  it("is what the uploader said explicitly, before all else", async () => {
    expect(await settle(csv, { declared: "text/plain", contentType: "text/csv", key: "a.csv" })).toEqual({
      type: "text/plain",
      by: "declared",
    });
  });

  it("is a specific declared type, without its parameters and under its usual name", async () => {
    expect(await settle(csv, { contentType: "Text/CSV; charset=utf-8", key: "a.json" })).toEqual({ type: "text/csv", by: "specific" });
    expect(await settle(jpeg, { contentType: "image/jpg" })).toEqual({ type: "image/jpeg", by: "specific" });
    expect(await settle(zip, { contentType: "application/x-zip-compressed" })).toEqual({ type: "application/zip", by: "specific" });
  });

  it.each(["application/octet-stream", "binary/octet-stream", "application/x-www-form-urlencoded", "", "nonsense", undefined])(
    "is the name's extension where the store says %j",
    async (contentType) => {
      expect(await settle(csv, { key: "roof/A.CSV", ...(contentType !== undefined && { contentType }) })).toEqual({
        type: "text/csv",
        by: "extension",
      });
    },
  );

  it("is the name's extension where it knows more than text/plain", async () => {
    expect(await settle("{}", { key: "a.json", contentType: "text/plain" })).toEqual({ type: "application/json", by: "extension" });
    expect(await settle("hello", { key: "a", contentType: "text/plain" })).toEqual({ type: "text/plain", by: "specific" });
  });

  it("is gzip where the store tells the type of what is compressed", async () => {
    expect(await settle(gzipSync("a,b"), { key: "a.csv.gz", contentType: "text/csv" })).toEqual({
      type: "application/gzip",
      by: "extension",
    });
    await expect(settle(gzipSync("a,b"), { key: "a.csv.gz", contentType: "application/json" })).rejects.toMatchObject({
      code: "TYPE_CONTRADICTED",
    });
  });

  it.each([
    ["a.csv.gz", gzipSync("a,b"), "application/gzip"],
    ["a.tsv", "a\tb\n", "text/tab-separated-values"],
    ["a.jsonl", "{}\n", "application/x-ndjson"],
    ["a.ndjson", "{}\n", "application/x-ndjson"],
    ["a.xlsx", zip, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
    ["a.zip", zip, "application/zip"],
    ["a.tar.gz", gzipSync("x"), "application/gzip"],
    ["a.tgz", gzipSync("x"), "application/gzip"],
    ["a.sql", "select 1;", "application/sql"],
    ["a.log", "line", "text/plain"],
    ["a.ts", "const a = 1;", "text/plain"],
  ])("of %s is known", async (key, content, type) => expect((await settle(content, { key })).type).toBe(type));

  it("is told by magic bytes where name and store say nothing", async () => {
    expect(await settle(jpeg)).toEqual({ type: "image/jpeg", by: "magic" });
    expect(await settle(zip, { key: "a.dat" })).toEqual({ type: "application/zip", by: "magic" });
    expect(await settle(random)).toEqual({ type: "application/octet-stream", by: "magic" });
  });

  it.each([
    ['{"a": 1}', "application/json"],
    ['[{"a": 1}, {"a": 2}]', "application/json"],
    ['\ufeff{\n  "a": [1,\n  2]}', "application/json"],
    ['{"a": 1,, }', "application/json"],
    ['{"a": 1}\n{"a": 2}\n', "application/x-ndjson"],
    [csv, "text/csv"],
    ["a;b\n1,5;2\n3;4\n", "text/csv"],
    ["a\tb\n1\t2\n", "text/tab-separated-values"],
    ["BM,b\n1,2\n", "text/csv"],
    ['<?xml version="1.0"?><a/>', "application/xml"],
    ["<!DOCTYPE html><html></html>", "text/html"],
    ["Dear all, yes.\nSee you, Ada.\n", "text/plain"],
    ["[1] a footnote", "text/plain"],
    ["caf\u00e9", "text/plain"],
  ])("is told by a look at the text %j", async (content, type) => expect(await settle(content)).toEqual({ type, by: "text" }));

  it("takes a text cut by the end of the head for what its beginning is", async () => {
    expect((await settle('[{"a": 1}, {"a"', { size: 1e9 })).type).toBe("application/json");
    expect((await settle(`${csv}2026-01-0`, { size: 1e9 })).type).toBe("text/csv");
  });

  it("of what Windows calls an Excel file is that of its content", async () => {
    expect((await settle(csv, { contentType: "application/vnd.ms-excel" })).type).toBe("text/csv");
    expect((await settle(zip, { contentType: "application/vnd.ms-excel" })).type).toBe(
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    );
    expect((await settle(Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(600)]), { key: "a.xls" })).type).toBe(
      "application/vnd.ms-excel",
    );
  });

  it("of an empty object is what its declaration or name says", async () => {
    expect(await settle("", { key: "a.png" })).toEqual({ type: "image/png", by: "extension" });
    expect(await settle("", { contentType: "text/csv" })).toEqual({ type: "text/csv", by: "specific" });
    expect((await settle("")).type).toBe("application/octet-stream");
  });

  it.each<[string, string | Uint8Array, Partial<TypeSigns>, string]>([
    ["a PNG called .csv", png, { key: "a.csv" }, "its name says text/csv, but its content is image/png"],
    ["a PNG declared as text", png, { contentType: "text/plain" }, "the store says text/plain, but its content is image/png"],
    ["text called .png", "hello", { key: "a.png" }, "its name says image/png, but its content is text/plain"],
    ["a JPEG declared as PNG", jpeg, { declared: "image/png" }, "the uploader declared image/png, but its content is image/jpeg"],
    ["random bytes called .jpg", random, { key: "a.jpg" }, "its name says image/jpeg, but its content is binary content of no known type"],
    ["a CSV called .xlsx", csv, { key: "a.xlsx" }, "but its content is text/csv"],
    ["a PNG called .zip", png, { key: "a.zip" }, "but its content is image/png"],
    ["JSON declared as CSV", '{"a": 1}', { contentType: "text/csv" }, "but its content is application/json"],
    ["a web page called .json", "<!DOCTYPE html><p>404</p>", { key: "a.json" }, "but its content is text/html"],
    ["a ZIP called .json", zip, { key: "a.json" }, "but its content is application/zip"],
    ["random bytes called .csv", random, { key: "a.csv" }, "but its content is binary content of no known type"],
    ["a PNG declared as an Excel file", png, { contentType: "application/vnd.ms-excel" }, "but its content is image/png"],
  ])("is refused where the content is plainly something else: %s", async (_, content, signs, sentence) => {
    await expect(settle(content, signs)).rejects.toMatchObject({
      code: "TYPE_CONTRADICTED",
      kind: "terminal",
      message: expect.stringContaining(sentence),
    });
  });

  it.each<[string, string | Uint8Array, Partial<TypeSigns>]>([
    ["Latin-1 text called .csv, which its parser tells more about", Buffer.from("name\ncaf\xe9\n", "latin1"), { key: "a.csv" }],
    ["UTF-16 called .csv", Buffer.from("\ufeffa,b\n1,2\n", "utf16le"), { key: "a.csv" }],
    ["UTF-16 without a mark called .csv", Buffer.from("a,b\n1,2\n", "utf16le"), { key: "a.csv" }],
    ["malformed JSON called .json", '{"a": 1,, }', { key: "a.json" }],
    ["a type of one's own", random, { contentType: "application/x-neocampus" }],
    ["a Word document declared as ZIP", zip, { contentType: "application/zip", key: "a.docx" }],
    ["an SVG", '<svg xmlns="http://www.w3.org/2000/svg"/>', { key: "a.svg" }],
  ])("is not refused for %s", async (_, content, signs) => {
    expect((await settle(content, signs)).type).toBeTruthy();
  });
});
