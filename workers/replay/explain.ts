import { defaultPayloadConverter } from "@temporalio/common";
import protocol from "@temporalio/proto";
import type { History } from "../../infra/histories.ts";
import type { ReplayDifference } from "../../sdk/contracts/replay.ts";

type Event = protocol.temporal.api.history.v1.IHistoryEvent;

/** A difference, with the numbers of the events that it may be about. */
export type Explained = ReplayDifference & { readonly candidates: readonly number[] };

const eventTypes = protocol.temporal.api.enums.v1.EventType;

/** How the SDK names two things that differ, what they are, and which event records the first of them. */
const pairs: readonly { readonly pattern: RegExp; readonly what: string; readonly name: (event: Event) => string | null | undefined }[] = [
  {
    pattern: /Activity type of recorded marker '(.*)' does not match activity type of local activity command '(.*)'/,
    what: "the local activity",
    name: localActivity,
  },
  {
    pattern: /Activity type of scheduled event '(.*)' does not match activity type of activity command '(.*)'/,
    what: "the activity",
    name: (event) => event.activityTaskScheduledEventAttributes?.activityType?.name,
  },
  {
    pattern: /Activity id of scheduled event '(.*)' does not match activity id of activity command '(.*)'/,
    what: "an activity of the id",
    name: (event) => event.activityTaskScheduledEventAttributes?.activityId,
  },
  {
    pattern: /Child workflow type of scheduled event '(.*)' does not match child workflow type of command '(.*)'/,
    what: "a child workflow of the type",
    name: (event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType?.name,
  },
  {
    pattern: /Child workflow id of scheduled event '(.*)' does not match child workflow id of command '(.*)'/,
    what: "a child workflow of the id",
    name: (event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId,
  },
];

/** The error of a replay as a sentence about the history: where it differs, and why. */
export function explain(error: Error, { events }: History): Explained {
  const words = innermost(error.message);
  for (const { pattern, what, name } of pairs) {
    const [, recorded, now] = pattern.exec(words) ?? [];
    if (recorded === undefined || now === undefined) continue;
    const found = (events ?? []).filter((event) => name(event) === recorded);
    const message = `On record is ${what} "${recorded}"; the workflow code of now asks for "${now}" in its place.`;
    return { ...eventOf(found[0]), recorded, now, message, candidates: found.map(({ eventId }) => Number(eventId)) };
  }
  const [, machine, unexpected] = /(\w+) machine does not handle this event: HistoryEvent\(id: (\d+),/.exec(words) ?? [];
  if (machine !== undefined) {
    const event = eventAt(events, unexpected);
    const now = inWords(machine);
    const message = `On record is ${described(event)}; the workflow code of now asks for something else in its place (${now}).`;
    return { ...eventOf(event), recorded: described(event), now, message, candidates: [] };
  }
  const [, missing] = /No command scheduled for event HistoryEvent\(id: (\d+),/.exec(words) ?? [];
  if (missing !== undefined) {
    const event = eventAt(events, missing);
    const message = `On record is ${described(event)}; the workflow code of now does nothing there.`;
    return { ...eventOf(event), recorded: described(event), now: "nothing", message, candidates: [] };
  }
  const [, type] = /Failed to initialize workflow of type '(.*?)'/.exec(words) ?? [];
  if (type !== undefined) {
    const message = `On record is a workflow of the type "${type}"; this Sluice has none of that name.`;
    return { ...eventOf(events?.[0]), recorded: type, now: "nothing", message, candidates: [] };
  }
  return { message: `The history could not be replayed: ${words}`, candidates: [] };
}

/** The SDK wraps the matter into the debugging form of a failure. */
function innermost(message: string): string {
  const [, quoted] = /message: "((?:[^"\\]|\\.)*)"/.exec(message) ?? [];
  return (quoted ?? message).replace(/\\(.)/g, "$1").replace(/^\[TMPRL\d+\] (Nondeterminism error: )?/, "");
}

function eventAt(events: readonly Event[] | null | undefined, id: string | undefined): Event | undefined {
  return events?.find(({ eventId }) => String(eventId) === id);
}

function eventOf(event: Event | undefined): Pick<ReplayDifference, "event" | "event_type"> {
  return event ? { event: Number(event.eventId), event_type: typeOf(event) } : {};
}

/** `TimerStarted`. */
function typeOf({ eventType }: Event): string {
  const name = (eventTypes[eventType ?? 0] ?? "").replace("EVENT_TYPE_", "");
  return name.toLowerCase().replace(/(^|_)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
}

/** `the activity "influx-points"`, `TimerStarted`. */
function described(event: Event | undefined): string {
  if (!event) return "an event";
  for (const { what, name } of pairs) {
    const named = name(event);
    if (named) return `${what} "${named}"`;
  }
  return typeOf(event);
}

/** `LocalActivity` → `local activity`. */
function inWords(machine: string): string {
  return machine.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

function localActivity({ markerRecordedEventAttributes: marker }: Event): string | undefined {
  const payload = marker?.markerName === "core_local_activity" ? marker.details?.["data"]?.payloads?.[0] : undefined;
  return payload && defaultPayloadConverter.fromPayload<{ readonly activity_type: string }>(payload).activity_type;
}
