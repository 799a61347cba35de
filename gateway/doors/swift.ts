import { z } from "zod";
import { terminal } from "../../sdk/contracts/errors.ts";
import { jsonOf, textOf } from "./body.ts";
import { check, type DoorContext, type Draft, given, receive, type Received } from "./door.ts";

/** What Sluice's own proxy middleware sends. */
const swiftEvent = z.object({
  account: z.string(),
  container: z.string(),
  object: z.string(),
  event: z.string().default("PUT"),
  etag: z.string().nullish(),
  size: z.number().int().nonnegative().nullish(),
  content_type: z.string().nullish(),
  timestamp: z.union([z.string(), z.number()]).nullish(),
  user: z.string().nullish(),
});

export type SwiftRequest = {
  readonly account: string;
  readonly container: string;
  readonly contentType: string;
  readonly body: Uint8Array;
};

/** News of a Swift proxy: JSON from Sluice's middleware, or an object's name from the one in Swift's documentation. */
export function receiveSwift({ account, container, contentType, body }: SwiftRequest, context: DoorContext): Received {
  if (!/^application\/json\b/i.test(contentType)) {
    return receive("swift", [textOf(body)], (key): Draft => ({ store: "swift", container, key }), context);
  }
  return receive("swift", [jsonOf(body)], (found) => readSwiftEvent(found, account, container), context);
}

function readSwiftEvent(found: unknown, account: string, container: string): Draft | "ignore" {
  const event = check(swiftEvent, found, "an event of Sluice's Swift middleware");
  if (event.event !== "PUT" && event.event !== "COPY") return "ignore";
  if (event.account !== account || event.container !== container) {
    throw terminal(
      "WRONG_ADDRESS",
      `The event is about ${event.account}/${event.container} and was sent to the address of ${account}/${container}: set the webhook's address per container.`,
    );
  }
  return {
    store: "swift",
    container,
    key: event.object,
    ...given("etag", event.etag?.replace(/^"(.*)"$/, "$1")),
    ...given("size", event.size),
    ...given("contentType", event.content_type),
    ...given("user", event.user),
    time: timeOf(event.timestamp),
  };
}

/** Swift's own timestamps are seconds since 1970 with a fraction. */
function timeOf(timestamp: string | number | null | undefined): string | undefined {
  const seconds = Number(timestamp ?? Number.NaN);
  if (Number.isNaN(seconds)) return timestamp === null ? undefined : String(timestamp);
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
