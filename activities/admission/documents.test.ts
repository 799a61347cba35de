import { describe, expect, it } from "vitest";
import { newDocument } from "../../infra/catalog.ts";
import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import { objectInfoOf } from "./documents.ts";

const now = new Date("2026-01-01T00:00:00Z");
const document = newDocument({ container: "campus", key: "a.json", store: "s3", number: 1, now });
const metadataOf = (metadata: { readonly [name: string]: string }, known: Partial<CatalogDocument> = {}) => {
  const stored = { container: "campus", key: "a.json", size: 2, etag: "e", lastModified: now, metadata };
  return objectInfoOf({ ...document, ...known }, stored, "v", "application/json").metadata;
};

describe("user metadata of an object", () => {
  it("is text, but for what reads as a JSON object or list", () => {
    expect(metadataOf({ note: "7", template: '{"time": "at"}', tags: " [1]", broken: "{a" })).toEqual({
      note: "7",
      template: { time: "at" },
      tags: [1],
      broken: "{a",
    });
  });

  it("of a newer version goes before what is known of the older one", () => {
    expect(metadataOf({ room: "302" }, { version: "u", other_data: { room: "301", floor: "3" } })).toEqual({ room: "302", floor: "3" });
  });

  it.each([
    ["was corrected since", { version: "v" }],
    ["the API said of it before it was put", { version: "u", said: true as const }],
    ["somebody wrote of it before it came for the first time", { version: "" }],
  ])("gives way to what %s", (_, known) => {
    expect(metadataOf({ room: "301" }, { ...known, other_data: { room: "302" } })).toEqual({ room: "302" });
  });

  it("stays text where the catalog could not hold the value, so that it holds up neither the object nor its neighbours", () => {
    const hostile = { nul: '{"a\\u0000b": 1}', deep: "[".repeat(800) + "]".repeat(800), infinite: "[1e999]" };
    expect(metadataOf(hostile)).toEqual(hostile);
  });
});
