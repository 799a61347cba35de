import { describe, expect, it } from "vitest";
import { readUploadMetadata } from "./upload-metadata.ts";

const header = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

describe("the header Sluice-Metadata", () => {
  it("holds what the uploader says, in any script", () => {
    const said = { application: "énergie", other_data: { template: { time: "時" } } };
    expect(readUploadMetadata(header(said))).toEqual(said);
    expect(readUploadMetadata(undefined)).toEqual({});
  });

  it.each([
    ["no JSON", "{", /does not decode/],
    ["a field that is none", { colour: "red" }, /colour/],
    ["a name with NUL", { other_data: { "a\0b": 1 } }, /other_data: expected names without NUL/],
    ["nesting that no catalog takes", `{"other_data": {"a": ${"[".repeat(800)}${"]".repeat(800)}}}`, /nesting up to 50 deep/],
  ])("is refused with %s, and says why", (_, value, reason) => {
    expect(() => readUploadMetadata(header(value))).toThrow(reason);
  });
});
