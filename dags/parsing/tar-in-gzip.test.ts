import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { holdsTar } from "./tar-in-gzip.ts";
import { testObject } from "./test-object.ts";

it("tells a TAR in a gzip from a single compressed file", async () => {
  expect(await holdsTar(testObject(readFileSync(new URL("../samples/files/edge-1.tar.gz", import.meta.url))))).toBe(true);
  expect(await holdsTar(testObject(gzipSync("a,b\n1,2\n")))).toBe(false);
});

it("leaves what cannot be unpacked to the unpacker, which says why", async () => {
  expect(await holdsTar(testObject(Buffer.from("1f8b0800000000000003ffffffffffff", "hex")))).toBe(true);
});
