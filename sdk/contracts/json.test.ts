import { describe, expect, it } from "vitest";
import { isStorable, maxMetadataDepth } from "./json.ts";

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

describe("metadata", () => {
  it.each([null, "text", 1.5, [], {}, { "a.b": [{ $c: 1 }] }, nested(maxMetadataDepth)])("%j can be stored", (value) => {
    expect(isStorable(value)).toBe(true);
  });

  it.each([
    ["a name with NUL", { a: { "b\0": 1 } }],
    ["an infinite number", JSON.parse("[1e999]") as unknown],
    ["deep nesting", nested(maxMetadataDepth + 1)],
  ])("with %s cannot", (_, value) => expect(isStorable(value)).toBe(false));
});
