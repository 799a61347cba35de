import { describe, expect, it } from "vitest";
import { landingContainers, whyNoCollection } from "./landing.ts";

describe("a landing container", () => {
  it.each([
    ["", "empty"],
    ["system.users", "system."],
    ["a$b", "$"],
    ["a\0b", "NUL"],
    [".hidden", "dot"],
    ["a..b", "dot"],
    ["é".repeat(58), "116 bytes"],
  ])("cannot be called %j, because the catalog's collection could not", (name, reason) => {
    expect(whyNoCollection(name)).toContain(reason);
    expect(landingContainers(["*", ".*"])(name)).toBe(false);
  });

  it.each(["campus", "edge.7", "système", "x".repeat(114)])("can be called %j", (name) => {
    expect(whyNoCollection(name)).toBeUndefined();
    expect(landingContainers(["*"])(name)).toBe(true);
  });
});
