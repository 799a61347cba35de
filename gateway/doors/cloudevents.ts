import { z } from "zod";
import { terminal } from "../../sdk/contracts/errors.ts";
import { jsonOf } from "./body.ts";
import { check, type DoorContext, type Draft, given, receive, type Received } from "./door.ts";
import { readS3Record } from "./s3.ts";

const cloudEvent = z.object({
  specversion: z.literal("1.0"),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  subject: z.string().nullish(),
  time: z.string().nullish(),
  data: z.unknown().optional(),
});
type CloudEvent = z.output<typeof cloudEvent>;

/** An object that landed, as `data`; each name is taken in the forms that senders use. */
const landed = z.object({
  store: z.enum(["s3", "swift"]).nullish(),
  container: z.string().nullish(),
  bucket: z.string().nullish(),
  key: z.string().nullish(),
  object: z.string().nullish(),
  name: z.string().nullish(),
  size: z.coerce.number().int().nonnegative().nullish(),
  etag: z.string().nullish(),
  version: z.string().nullish(),
  contentType: z.string().nullish(),
  user: z.string().nullish(),
});

export type CloudEventsRequest = {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/** CloudEvents 1.0 over HTTP: structured, binary and batched. */
export function receiveCloudEvents({ headers, body }: CloudEventsRequest, context: DoorContext): Received {
  return receive("cloudevents", eventsOf(headers, body), readEvent, context);
}

function eventsOf(headers: CloudEventsRequest["headers"], body: Uint8Array): readonly unknown[] {
  const contentType = headers["content-type"] ?? "";
  if (/^application\/cloudevents-batch\b/i.test(contentType)) {
    const batch = jsonOf(body);
    return Array.isArray(batch) ? batch : [batch];
  }
  if (headers["ce-specversion"] === undefined) return [jsonOf(body)];
  const attributes = Object.entries(headers).flatMap(([name, value]) => (name.startsWith("ce-") ? [[name.slice(3), value]] : []));
  const data = body.length > 0 && /[/+]json\b/i.test(contentType) ? jsonOf(body) : undefined;
  return [{ ...Object.fromEntries(attributes), binary: true, data }];
}

function readEvent(found: unknown): Draft | "ignore" {
  const event = check(cloudEvent, decodeAttributes(found), "a CloudEvent 1.0");
  return /^com\.amazonaws\.s3\./i.test(event.type) ? readS3Event(event) : readLanded(event);
}

/** In the binary form, attributes are headers, and what headers cannot hold is percent-encoded. */
function decodeAttributes(found: unknown): unknown {
  if (typeof found !== "object" || found === null || !("binary" in found)) return found;
  const decode = (value: unknown) => (typeof value === "string" ? decodeHeader(value) : value);
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, name === "data" ? value : decode(value)]));
}

function decodeHeader(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    throw terminal("UNUSABLE_RECORD", `The header value "${value.slice(0, 200)}" is not percent-encoded UTF-8, as CloudEvents has it.`, {
      cause,
    });
  }
}

/** The adapter for S3: the event's name ends the type, the record is the data. */
function readS3Event({ type, subject, data, time, source }: CloudEvent): Draft | "ignore" {
  if (!/^com\.amazonaws\.s3\.objectcreated\b/i.test(type)) return "ignore";
  const records = z.object({ Records: z.tuple([z.unknown()]) }).safeParse(data);
  const record: unknown = records.success ? records.data.Records[0] : data;
  if (z.object({ s3: z.unknown() }).safeParse(record).success) return readS3Record(record);
  return readLanded({ type, subject, data, time, source, id: "", specversion: "1.0" });
}

/** `data` names container and key; what it does not name, `subject` does: `container/key`, or the key alone. */
function readLanded({ subject, data, time }: CloudEvent): Draft {
  const { store, container, bucket, key, object, name, size, ...rest } = check(landed, data ?? {}, "about an object that landed");
  const inData = { container: container ?? bucket, key: key ?? object ?? name };
  const inSubject = inData.container ? { container: undefined, key: subject } : splitSubject(subject ?? "");
  return {
    store: store ?? "s3",
    container: inData.container ?? inSubject.container ?? "",
    key: inData.key ?? inSubject.key ?? "",
    ...given("version", rest.version),
    ...given("etag", rest.etag),
    ...given("size", size),
    ...given("contentType", rest.contentType),
    ...given("user", rest.user),
    time: time ?? undefined,
  };
}

function splitSubject(subject: string): { readonly container: string; readonly key: string } {
  const path = subject.replace(/^\//, "");
  const slash = path.indexOf("/");
  return slash < 0 ? { container: "", key: path } : { container: path.slice(0, slash), key: path.slice(slash + 1) };
}
