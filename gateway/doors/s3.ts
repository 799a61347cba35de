import { z } from "zod";
import { terminal } from "../../sdk/contracts/errors.ts";
import { check, type Draft, type DoorContext, given, receive, type Received } from "./door.ts";

/** One record of an S3 event notification; no more of it is asked than an arrival needs. */
const s3Record = z.object({
  eventName: z.string(),
  eventSource: z.string().nullish(),
  eventTime: z.string().nullish(),
  userIdentity: z.object({ principalId: z.string().nullish(), PrincipalId: z.string().nullish() }).nullish(),
  s3: z.object({
    configurationId: z.string().nullish(),
    bucket: z.object({ name: z.string() }),
    object: z.object({
      key: z.string(),
      size: z.number().int().nonnegative().nullish(),
      eTag: z.string().nullish(),
      versionId: z.string().nullish(),
      contentType: z.string().nullish(),
    }),
  }),
});
type S3Record = z.output<typeof s3Record>;

/** Sent when a notification is set up: by AWS, and by versitygw at each start. */
const testEvent = z.object({ Event: z.literal("s3:TestEvent") });

/** S3 event notifications as MinIO, versitygw and AWS send them, with any number of records. */
export function receiveS3(body: unknown, context: DoorContext): Received {
  if (testEvent.safeParse(body).success) return { arrivals: [], rejected: [], ignored: 1 };
  return receive("s3", recordsOf(body), readS3Record, context);
}

/** A body without `Records` is taken for one record: reading it says what is wrong with it. */
function recordsOf(body: unknown): readonly unknown[] {
  const list = z.object({ Records: z.array(z.unknown()) }).safeParse(body);
  return list.success ? list.data.Records : [body];
}

export function readS3Record(found: unknown): Draft | "ignore" {
  const record = check(s3Record, found, "a record of an S3 event notification");
  const { bucket, object } = record.s3;
  if (!bringsContent(record.eventName) || isFolder(object)) return "ignore";
  const user = record.userIdentity?.principalId ?? record.userIdentity?.PrincipalId;
  const version = object.versionId === "null" ? undefined : object.versionId;
  return {
    store: "s3",
    container: bucket.name,
    key: sendsPlainKeys(record) ? object.key : decodeKey(object.key),
    ...given("version", version),
    ...given("etag", object.eTag?.replace(/^"(.*)"$/, "$1")),
    ...given("size", object.size),
    ...given("user", user),
    ...given("contentType", object.contentType),
    time: record.eventTime ?? undefined,
  };
}

/** An empty object whose key ends in a slash stands for a folder; versitygw tells of the folders that it makes. */
function isFolder({ key, size }: { readonly key: string; readonly size?: number | null | undefined }): boolean {
  return /(?:\/|%2F)$/i.test(key) && !size;
}

/** MinIO files changes of tags, retention and legal hold under ObjectCreated too; they bring no content. */
function bringsContent(eventName: string): boolean {
  const [, how] = /^(?:s3:)?ObjectCreated:(.*)$/.exec(eventName) ?? [];
  return how !== undefined && !/Tagging|Retention|LegalHold|Acl/i.test(how);
}

/** versitygw writes keys as they are. It is known by AWS's source with MinIO's way of naming events. */
function sendsPlainKeys({ eventSource, eventName, s3 }: S3Record): boolean {
  return eventSource === "aws:s3" && eventName.startsWith("s3:") && s3.configurationId?.endsWith("-global") === true;
}

/** Keys in S3 events are encoded like the values of a form: `+` is a space. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch (cause) {
    const message = `The key "${key.slice(0, 200)}" is not percent-encoded UTF-8, as S3 events have it: look at what sends these events.`;
    throw terminal("BAD_KEY", message, { cause });
  }
}
