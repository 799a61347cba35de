import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { decodeValue, encodeValue, metadataHeaders, metadataOf } from "./metadata.ts";

describe("metadata values", () => {
  it("come back as they went, whatever they hold, through headers of printable ASCII", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        const sent = encodeValue(value);
        expect(sent).toMatch(/^[\x20-\x7e]+$/);
        expect(decodeValue(sent)).toBe(value);
      }),
    );
  });

  it("stay readable where they are plain already", () => {
    expect(encodeValue("temperature, roof 3 (50%)")).toBe("temperature, roof 3 (50%)");
  });

  it.each([
    ["=?UTF-8?Q?Toulouse_=E2=98=80?=", "Toulouse ☀"],
    ["=?iso-8859-1?q?caf=E9?=", "café"],
    ["=?UTF-8?B?w6k=?= =?UTF-8?B?w6k=?=", "éé"],
    [Buffer.from("été", "utf8").toString("latin1"), "été"],
    ["caf\xe9", "café"],
    ["=?no-such-charset?B?w6k=?=", "=?no-such-charset?B?w6k=?="],
  ])("of other clients are understood: %s", (found, meant) => {
    expect(decodeValue(found)).toBe(meant);
  });
});

describe("metadata names", () => {
  it("are told apart from other headers by their prefix, in lower case", () => {
    expect(metadataOf("x-amz-meta-", { "X-Amz-Meta-Sensor-Type": "co2", etag: "1" })).toEqual({ "sensor-type": "co2" });
  });

  it("that a header cannot carry are refused, with what is allowed", () => {
    expect(() => metadataHeaders("x-amz-meta-", { "sensor type": "co2" })).toThrow(/"sensor type".*lower-case letters, digits and dashes/);
  });
});
