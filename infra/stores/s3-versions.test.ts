import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { versionsOfKey } from "./s3-versions.ts";

const pageOf = (entries: string, encoding = "") =>
  `<ListVersionsResult>${encoding}<IsTruncated>false</IsTruncated>${entries}</ListVersionsResult>`;
const version = (key: string, id: string) => `<Version><Key>${key}</Key><VersionId>${id}</VersionId></Version>`;
const versionsIn = (xml: string, key: string) => Array.fromAsync(versionsOfKey(async () => Readable.from([xml]), key));

describe("the versions of a key", () => {
  it("are those of its name as it stands, where the store does not say that it has encoded it", async () => {
    const page = pageOf(version("50%+a%20b", "v1") + version("50%+a%20b.bak", "v2"));
    expect(await versionsIn(page, "50%+a%20b")).toEqual(["v1"]);
  });

  it("are those of the decoded name where it does", async () => {
    const page = pageOf(version("50%25%2Ba+b", "v1") + version("50%25%2Ba+b.bak", "v2"), "<EncodingType>url</EncodingType>");
    expect(await versionsIn(page, "50%+a b")).toEqual(["v1"]);
  });
});
