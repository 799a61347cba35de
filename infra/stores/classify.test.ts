import { describe, expect, it } from "vitest";
import { terminal } from "../../sdk/contracts/errors.ts";
import { classifyS3Error, ServerBusy } from "./classify-s3.ts";
import { classifySwiftError, classifySwiftStatus } from "./classify-swift.ts";

const at = { store: "s3", address: "http://store:9000", action: "read", container: "campus", key: "roof.csv" } as const;
const s3 = (code: string) => Object.assign(new Error("as the server says"), { name: "S3Error", code });
const network = (code: string) => Object.assign(new Error("connect"), { code });

describe("an error of S3", () => {
  it.each([
    [s3("NoSuchKey"), "OBJECT_GONE", "terminal"],
    [s3("NoSuchBucket"), "OBJECT_GONE", "terminal"],
    [s3("PreconditionFailed"), "OBJECT_CHANGED", "terminal"],
    [s3("AccessDenied"), "STORE_REFUSED", "retryable"],
    [s3("SlowDown"), "STORE_UNAVAILABLE", "retryable"],
    [s3("MetadataTooLarge"), "STORE_REFUSED", "terminal"],
    [Object.assign(new Error("bad"), { name: "InvalidBucketNameError" }), "STORE_REFUSED", "terminal"],
    [new ServerBusy(503), "STORE_UNAVAILABLE", "retryable"],
    [network("ECONNREFUSED"), "STORE_UNAVAILABLE", "retryable"],
    [new Error("socket hang up"), "STORE_UNAVAILABLE", "retryable"],
  ])("%s is %s, %s", (error, code, kind) => {
    expect(classifyS3Error(error, at)).toMatchObject({ code, kind, cause: error, message: expect.stringContaining("s3:campus/roof.csv") });
  });

  it("stays as it is where it is none: an error of the lake, or of whoever gives the content", () => {
    for (const error of [terminal("WRONG_SIZE", "…"), new TypeError("a bug"), network("ENOENT")]) {
      expect(classifyS3Error(error, at)).toBe(error);
      expect(classifySwiftError(error, at)).toBe(error);
    }
  });
});

describe("an answer of Swift", () => {
  it.each([
    [404, "OBJECT_GONE", "terminal"],
    [401, "STORE_REFUSED", "retryable"],
    [403, "STORE_REFUSED", "retryable"],
    [409, "STORE_UNAVAILABLE", "retryable"],
    [429, "STORE_UNAVAILABLE", "retryable"],
    [507, "STORE_UNAVAILABLE", "retryable"],
    [400, "STORE_REFUSED", "terminal"],
    [413, "STORE_REFUSED", "terminal"],
  ])("with status %d is %s, %s", (status, code, kind) => {
    expect(classifySwiftStatus(status, "<html><h1>Why</h1></html>", at)).toMatchObject({ code, kind });
  });

  it("says in its message what Swift said, without markup", () => {
    expect(classifySwiftStatus(413, "<html><h1>Request Entity Too Large</h1></html>", at).message).toContain(
      "(HTTP 413: Request Entity Too Large)",
    );
  });
});
