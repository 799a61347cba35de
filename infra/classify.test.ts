import { MongoBulkWriteError, MongoNetworkError, MongoServerError, MongoServerSelectionError } from "mongodb";
import { Neo4jError } from "neo4j-driver";
import { describe, expect, it } from "vitest";
import { classifyInfluxAnswer, classifyInfluxError } from "./classify-influx.ts";
import { classifyMongoError } from "./classify-mongo.ts";
import { classifyNeo4jError } from "./classify-neo4j.ts";

describe("what InfluxDB answers", () => {
  it.each([
    [
      400,
      'partial write: field type conflict: input field "value" is type string, already exists as type float dropped=1',
      "terminal",
      "FIELD_TYPE_CONFLICT",
    ],
    [400, "partial write: points beyond retention policy dropped=1", "terminal", "BEYOND_RETENTION"],
    [400, "partial write: max-values-per-tag limit exceeded (100000/100000)", "terminal", "SINK_LIMIT"],
    [400, "unable to parse 'x': missing fields", "terminal", "SINK_REFUSED_DATA"],
    [413, "Request Entity Too Large", "terminal", "POINT_TOO_LARGE"],
    [401, "authorization failed", "retryable", "SINK_REFUSED"],
    [404, 'database not found: "x"', "retryable", "SINK_MISSING"],
    [500, "timeout", "retryable", "SINK_UNAVAILABLE"],
    [503, "", "retryable", "SINK_UNAVAILABLE"],
  ] as const)("%i %j is %s: %s", (status, message, kind, code) => {
    const error = classifyInfluxAnswer({ status, message }, "write points to sluice");
    expect(error).toMatchObject({ kind, code });
    expect(error.message).toContain("write points to sluice");
  });

  it("is retryable where there is no answer", () => {
    const cause = new Error("connect ECONNREFUSED");
    expect(classifyInfluxError(cause, "http://127.0.0.1:8086")).toMatchObject({ kind: "retryable", code: "SINK_UNAVAILABLE", cause });
  });
});

describe("what MongoDB's driver throws", () => {
  const bulk = (code: number, errmsg: string) =>
    new MongoBulkWriteError({ message: errmsg, code, writeErrors: [] }, { insertedCount: 0 } as never);
  it.each([
    [new MongoServerSelectionError("connect ECONNREFUSED", {} as never), "retryable", "SINK_UNAVAILABLE"],
    [new MongoNetworkError("connection closed"), "retryable", "SINK_UNAVAILABLE"],
    [new MongoServerError({ message: "auth failed", code: 18 }), "retryable", "SINK_REFUSED"],
    [bulk(11_000, "E11000 duplicate key error collection: a.b index: email_1 dup key"), "terminal", "DUPLICATE_KEY"],
    [bulk(11_000, "E11000 duplicate key error collection: a.b index: _id_ dup key"), "retryable", "SINK_UNAVAILABLE"],
    [bulk(121, "Document failed validation"), "terminal", "SINK_REFUSED_DATA"],
    [bulk(10_334, "BSONObj size is invalid"), "terminal", "DOCUMENT_TOO_LARGE"],
    [new RangeError('The value of "offset" is out of range.'), "terminal", "DOCUMENT_TOO_LARGE"],
    [new Error("who knows"), "retryable", "SINK_UNAVAILABLE"],
  ] as const)("%s is %s: %s", (error, kind, code) => {
    expect(classifyMongoError(error, "write to a.b")).toMatchObject({ kind, code, cause: error });
  });
});

describe("what Neo4j's driver throws", () => {
  const coded = (code: string) => new Neo4jError("It says why", code, "", "");
  it.each([
    ["ServiceUnavailable", "retryable", "SINK_UNAVAILABLE"],
    ["Neo.TransientError.Transaction.DeadlockDetected", "retryable", "SINK_UNAVAILABLE"],
    ["Neo.ClientError.Security.Unauthorized", "retryable", "SINK_REFUSED"],
    ["Neo.ClientError.Database.DatabaseNotFound", "retryable", "SINK_MISSING"],
    ["Neo.ClientError.Schema.ConstraintValidationFailed", "terminal", "CONSTRAINT_VIOLATED"],
    ["Neo.ClientError.Statement.TypeError", "terminal", "SINK_REFUSED_DATA"],
  ])("%s is %s: %s", (code, kind, expected) => {
    expect(classifyNeo4jError(coded(code), "merge")).toMatchObject({ kind, code: expected });
  });
});
