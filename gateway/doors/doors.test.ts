import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { landingContainers } from "../../infra/landing.ts";
import { receiveCloudEvents } from "./cloudevents.ts";
import type { DoorContext, Received } from "./door.ts";
import { receiveTrigger } from "./predecessor.ts";
import { receiveS3 } from "./s3.ts";
import { receiveSwift } from "./swift.ts";

const now = new Date("2026-03-01T12:00:00Z");
const context: DoorContext = { isLanding: landingContainers(["campus", "edge-*"]), stores: ["s3", "swift"], now: () => now };

const bytes = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
const keys = ({ arrivals }: Received) => arrivals.map((one) => one.key);
const codes = ({ rejected }: Received) => rejected.map((one) => one.reason.code);

const minioRecord = (object: object, more: object = {}) => ({
  eventVersion: "2.0",
  eventSource: "minio:s3",
  eventTime: "2026-03-01T11:00:00.123Z",
  eventName: "s3:ObjectCreated:Put",
  userIdentity: { principalId: "ana" },
  s3: { s3SchemaVersion: "1.0", configurationId: "Config", bucket: { name: "campus" }, object },
  ...more,
});
const versityRecord = (object: object) => ({
  eventVersion: "2.2",
  eventSource: "aws:s3",
  eventTime: "2026-03-01T11:00:00Z",
  eventName: "s3:ObjectCreated:Put",
  userIdentity: { PrincipalId: "ana" },
  s3: { configurationId: "webhook-global", bucket: { name: "campus" }, object },
});
const awsRecord = (object: object) => ({
  ...minioRecord(object),
  eventSource: "aws:s3",
  eventName: "ObjectCreated:CompleteMultipartUpload",
});

/** How Go's url.QueryEscape, and S3 itself, write a key. */
const formEncode = (key: string) => new URLSearchParams([["", key]]).toString().slice(1);

describe("the S3 door", () => {
  it("reads MinIO's form", () => {
    const object = {
      key: "a+b%2F%C3%BC%2Bc%2520d+%22q%27.csv",
      size: 5,
      eTag: "5d41",
      contentType: "text/csv",
      versionId: "v1",
      sequencer: "1",
    };
    expect(receiveS3({ EventName: "s3:ObjectCreated:Put", Key: "campus/x", Records: [minioRecord(object)] }, context).arrivals).toEqual([
      {
        store: "s3",
        tenant: "campus",
        container: "campus",
        key: "a b/ü+c%20d \"q'.csv",
        version: "v1",
        etag: "5d41",
        size: 5,
        user: "ana",
        contentType: "text/csv",
        time: "2026-03-01T11:00:00.123Z",
        door: "s3",
      },
    ]);
  });

  it("reads versitygw's form, whose keys are not encoded and whose etags are quoted", () => {
    const object = { key: "a b/ü+c%20d", size: 0, eTag: '"d41d"', versionId: null, sequencer: "2" };
    expect(receiveS3({ Records: [versityRecord(object)] }, context).arrivals).toMatchObject([
      { key: "a b/ü+c%20d", etag: "d41d", size: 0, user: "ana" },
    ]);
  });

  it("reads AWS's form, and says nothing of a version that is none", () => {
    const [arrival] = receiveS3({ Records: [awsRecord({ key: "my+roof.csv", size: 7, versionId: "null" })] }, context).arrivals;
    expect(arrival).toMatchObject({ key: "my roof.csv", size: 7 });
    expect(arrival).not.toHaveProperty("version");
  });

  it("gives back every key that a store can hold", () => {
    const key = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
      .filter((text) => !text.includes("\0") && !/(?:\/|%2F)$/i.test(text) && text.isWellFormed());
    fc.assert(
      fc.property(key, (text) => {
        expect(keys(receiveS3({ Records: [minioRecord({ key: formEncode(text) }), versityRecord({ key: text })] }, context))).toEqual([
          text,
          text,
        ]);
        expect(keys(receiveSwift({ account: "a", container: "campus", contentType: "", body: bytes(text) }, context))).toEqual([text]);
      }),
    );
  });

  it("ignores empty objects that stand for folders, and takes full ones of such a key", () => {
    const folder = (size: number) => ({ s3: { bucket: { name: "campus" }, object: { key: "a%2F", size } } });
    const received = receiveS3({ Records: [minioRecord({ key: "a%2F" }, folder(0)), minioRecord({ key: "a%2F" }, folder(3))] }, context);
    expect(received).toMatchObject({ ignored: 1, arrivals: [{ key: "a/", size: 3 }] });
  });

  it("ignores the news of anything else than new content, and counts it", () => {
    const names = [
      "s3:ObjectRemoved:Delete",
      "s3:ObjectAccessed:Get",
      "s3:ObjectCreated:PutTagging",
      "s3:ObjectCreated:PutRetention",
      "s3:ObjectCreated:PutLegalHold",
      "ObjectRestore:Post",
    ];
    const records = names.map((eventName) => minioRecord({ key: "a" }, { eventName }));
    expect(receiveS3({ Records: records }, context)).toEqual({ arrivals: [], rejected: [], ignored: names.length });
    expect(receiveS3({ Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "campus" }, context)).toEqual({
      arrivals: [],
      rejected: [],
      ignored: 1,
    });
  });

  it.each([
    ["no record at all", { hello: 1 }, "UNUSABLE_RECORD"],
    ["no object", [], "UNUSABLE_RECORD"],
    ["a key that is not percent-encoded UTF-8", { Records: [minioRecord({ key: "100%" })] }, "BAD_KEY"],
    ["a key that is too long", { Records: [minioRecord({ key: "x".repeat(1025) })] }, "BAD_KEY"],
    ["a key with NUL", { Records: [minioRecord({ key: "a%00b" })] }, "BAD_KEY"],
    ["an empty key", { Records: [minioRecord({ key: "" })] }, "NO_NAME"],
    ["a size that is none", { Records: [minioRecord({ key: "a", size: -1 })] }, "UNUSABLE_RECORD"],
    [
      "a container that is not the lake's",
      { Records: [versityRecord({ key: "a" })].map((one) => ({ ...one, s3: { ...one.s3, bucket: { name: "other" } } })) },
      "NOT_OF_THE_LAKE",
    ],
    [
      "a container that MongoDB takes no collection of",
      { Records: [versityRecord({ key: "a" })].map((one) => ({ ...one, s3: { ...one.s3, bucket: { name: "system.users" } } })) },
      "BAD_CONTAINER",
    ],
  ])("rejects %s with its reason", (_, body, code) => {
    expect(codes(receiveS3(body, context))).toEqual([code]);
  });

  it("never lets one record block another, whatever it is", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.jsonValue(), { nil: "good" })), (found) => {
        const records = found.map((one) => (one === "good" ? minioRecord({ key: "good" }) : one));
        const { arrivals, rejected, ignored } = receiveS3({ Records: records }, context);
        expect(arrivals).toHaveLength(found.filter((one) => one === "good").length);
        expect(arrivals.length + rejected.length + ignored).toBe(records.length);
      }),
    );
  });

  it("takes the time of receipt where the event's cannot be read", () => {
    expect(receiveS3({ Records: [minioRecord({ key: "a" }, { eventTime: "soon" })] }, context).arrivals).toMatchObject([
      { time: now.toISOString() },
    ]);
  });
});

describe("landing containers", () => {
  it("are those that a glob names, and never the lake's own", () => {
    const all = landingContainers(["*"]);
    expect(["campus", "edge-7", "sluice-work", "sluice-"].map(all)).toEqual([true, true, false, false]);
    expect(["campus", "edge-7", "factory", "campus2"].map(context.isLanding)).toEqual([true, true, false, false]);
  });
});

describe("the Swift door", () => {
  const event = {
    account: "AUTH_test",
    container: "campus",
    object: "roof/1 %41.json",
    etag: "e",
    size: 9,
    content_type: "application/json",
    timestamp: "1772366400.12345",
    user: "test:tester",
    event: "PUT",
  };
  const send = (body: unknown, contentType = "application/json") =>
    receiveSwift({ account: "AUTH_test", container: "campus", contentType, body: bytes(body) }, context);

  it("reads the JSON of Sluice's middleware", () => {
    expect(send(event).arrivals).toEqual([
      {
        store: "swift",
        tenant: "campus",
        container: "campus",
        key: "roof/1 %41.json",
        etag: "e",
        size: 9,
        contentType: "application/json",
        user: "test:tester",
        time: "2026-03-01T12:00:00.123Z",
        door: "swift",
      },
    ]);
  });

  it("reads the name that the middleware of Swift's documentation sends", () => {
    expect(send("roof/ü 1.json", "application/x-www-form-urlencoded").arrivals).toMatchObject([
      { key: "roof/ü 1.json", time: now.toISOString() },
    ]);
  });

  it("ignores what is no PUT, and rejects what came to another container's address", () => {
    expect(send({ ...event, event: "DELETE" }).ignored).toBe(1);
    expect(codes(send({ ...event, container: "other" }))).toEqual(["WRONG_ADDRESS"]);
    expect(codes(send("", "text/plain"))).toEqual(["NO_NAME"]);
    expect(codes(send({ object: 7 }))).toEqual(["UNUSABLE_RECORD"]);
  });
});

describe("the CloudEvents door", () => {
  const event = { specversion: "1.0", id: "1", source: "/edge/7", type: "org.example.landed", time: "2026-03-01T10:00:00Z" };
  const structured = { "content-type": "application/cloudevents+json; charset=utf-8" };
  const send = (body: unknown, headers: Record<string, string> = structured) => receiveCloudEvents({ headers, body: bytes(body) }, context);

  it("reads the structured form, with the object named by data or by subject", () => {
    const named = [
      { ...event, data: { container: "campus", key: "a b/ü%.csv", size: 3 } },
      { ...event, data: { bucket: "campus", name: "a b/ü%.csv", size: "3" } },
      { ...event, subject: "campus/a b/ü%.csv", data: { size: 3 } },
      { ...event, subject: "a b/ü%.csv", data: { bucket: "campus", size: 3 } },
    ];
    for (const one of named) {
      expect(send(one).arrivals).toMatchObject([
        { store: "s3", container: "campus", key: "a b/ü%.csv", size: 3, time: "2026-03-01T10:00:00.000Z", door: "cloudevents" },
      ]);
    }
  });

  it("reads the binary form, whose headers are percent-encoded", () => {
    const headers = {
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-id": "1",
      "ce-source": "/edge",
      "ce-type": "landed",
      "ce-subject": "campus/%C3%BC%20a.csv",
    };
    expect(send({ size: 4 }, headers).arrivals).toMatchObject([{ container: "campus", key: "ü a.csv", size: 4 }]);
    expect(send("", headers).arrivals).toMatchObject([{ key: "ü a.csv" }]);
    expect(codes(send("", { ...headers, "ce-subject": "campus/%FF" }))).toEqual(["UNUSABLE_RECORD"]);
  });

  it("reads batches, and rejects only what is wrong in them", () => {
    const batch = { "content-type": "application/cloudevents-batch+json" };
    const result = send(
      [{ ...event, subject: "campus/a" }, { ...event, specversion: "0.3" }, { ...event, subject: "other/b" }, { ...event }, 7],
      batch,
    );
    expect(keys(result)).toEqual(["a"]);
    expect(codes(result)).toEqual(["UNUSABLE_RECORD", "NOT_OF_THE_LAKE", "NO_NAME", "UNUSABLE_RECORD"]);
  });

  it("reads S3's own types, and ignores those of them that bring no content", () => {
    const s3 = { ...event, type: "com.amazonaws.s3.objectcreated", subject: "x" };
    expect(keys(send({ ...s3, data: minioRecord({ key: "a+b" }) }))).toEqual(["a b"]);
    expect(keys(send({ ...s3, data: { Records: [minioRecord({ key: "a+b" })] } }))).toEqual(["a b"]);
    expect(keys(send({ ...s3, data: { bucket: "campus", key: "a+b" } }))).toEqual(["a+b"]);
    expect(send({ ...s3, type: "com.amazonaws.s3.ObjectRemoved:Delete" }).ignored).toBe(1);
  });
});

describe("the predecessor's door", () => {
  const conf = { swift_id: 42, swift_container: "campus", swift_user: "ana", swift_version: 1 };

  it("takes the trigger's configuration as an object or as text", () => {
    for (const body of [{ conf }, { conf: JSON.stringify(conf) }]) {
      expect(receiveTrigger(body, context).arrivals).toMatchObject([
        { store: "swift", container: "campus", key: "42", swiftId: "42", user: "ana", door: "predecessor" },
      ]);
    }
  });

  it("rejects a trigger where the lake reads no Swift, and says how to have it read", () => {
    const { arrivals, rejected } = receiveTrigger({ conf }, { ...context, stores: ["s3"] });
    expect(arrivals).toEqual([]);
    expect(rejected).toMatchObject([{ container: "campus", key: "42", reason: { code: "NO_SUCH_STORE" } }]);
    expect(rejected[0]?.reason.message).toMatch(/reads s3 only.*SLUICE_SWIFT_AUTH_URL/);
  });

  it("rejects a trigger without one", () => {
    for (const body of [{}, { conf: {} }, { conf: "{" }, 7]) expect(codes(receiveTrigger(body, context))).toEqual(["UNUSABLE_RECORD"]);
  });
});
