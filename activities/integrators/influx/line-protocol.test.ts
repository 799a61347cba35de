import { describe, expect, it } from "vitest";
import { escapeMeasurement, escapeName, quoteText, storedName } from "./line-protocol.ts";

describe("line protocol", () => {
  it.each([
    ["plain", "plain"],
    ["a b,c=d", "a\\ b\\,c\\=d"],
    ["ça va 😀", "ça\\ va\\ 😀"],
    ["a\\b", "a\\b"],
    ["two\nlines\r\nor three", "two\\nlines\\nor\\ three"],
    ["ends in \\", "ends\\ in\\ \uFF3C"],
    ["a\\ b\\,c\\=d", "a\uFF3C\\ b\uFF3C\\,c\uFF3C\\=d"],
    ["ends in \\\\", "ends\\ in\\ \\\uFF3C"],
  ])("escapes the tag %j as %j", (name, escaped) => expect(escapeName(name)).toBe(escaped));

  it("leaves the equals sign of a measurement alone", () => expect(escapeMeasurement("a=b c,d")).toBe("a=b\\ c\\,d"));

  it("knows under which name InfluxDB keeps what it cannot write", () => {
    expect(storedName("a b=c,d\\")).toBe("a b=c,d\uFF3C");
    expect(storedName("a\nb")).toBe("a\\nb");
  });

  it("quotes texts", () => expect(quoteText('say "x\\y"')).toBe('"say \\"x\\\\y\\""'));
});
