import { expect, it } from "vitest";
import { typeMatches, typesOverlap } from "./mime.ts";

it.each([
  ["text/csv", "text/csv", true],
  ["text/*", "text/csv", true],
  ["*/*", "text/csv", true],
  ["text/csv", "text/*", false],
  ["text/*", "textual/csv", false],
  ["image/*", "text/csv", false],
])("takes %s for %s: %s", (pattern, type, expected) => {
  expect(typeMatches(pattern, type)).toBe(expected);
});

it("finds what falls under both patterns", () => {
  expect(typesOverlap("image/*", "image/png")).toBe(true);
  expect(typesOverlap("image/png", "*/*")).toBe(true);
  expect(typesOverlap("image/*", "text/*")).toBe(false);
});
