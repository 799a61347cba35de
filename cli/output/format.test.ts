import { describe, expect, it } from "vitest";
import { bytes, count, duration, fold, printable } from "./format.ts";

describe("numbers for people", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1 kB"],
    [48_123, "48.1 kB"],
    [5e9, "5 GB"],
  ])("writes %d bytes as %s", (amount, text) => {
    expect(bytes(amount)).toBe(text);
  });

  it.each([
    [0.4, "0 ms"],
    [12, "12 ms"],
    [1_240, "1.2 s"],
    [59_999, "60.0 s"],
    [123_000, "2 min 3 s"],
    [120_000, "2 min"],
    [3_840_000, "1 h 4 min"],
  ])("writes %d ms as %s", (milliseconds, text) => expect(duration(milliseconds)).toBe(text));

  it("puts a noun into the plural", () => {
    expect([count(0, "object"), count(1, "object"), count(1_000, "object"), count(2, "entry", "entries")]).toEqual([
      "0 objects",
      "1 object",
      "1,000 objects",
      "2 entries",
    ]);
  });
});

describe("printable", () => {
  it("shows control characters instead of obeying them", () => {
    expect(printable("a\u001b[2Jb\nc\u0007\u009b\u202ed")).toBe("a\\u001b[2Jb\\nc\\u0007\\u009b\\u202ed");
  });

  it("leaves all other text as it is", () => {
    expect(printable(`Zürich 漢字 😀 "quoted" \\ %`)).toBe(`Zürich 漢字 😀 "quoted" \\ %`);
  });
});

describe("fold", () => {
  it("breaks at spaces, by the width that is seen", () => {
    expect(fold("one two three", 7)).toEqual(["one two", "three"]);
    expect(fold("漢字 漢字", 8)).toEqual(["漢字", "漢字"]);
  });

  it("keeps a word that is too long whole", () => {
    expect(fold("see http://example.org/long now", 10)).toEqual(["see", "http://example.org/long", "now"]);
  });
});
