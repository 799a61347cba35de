import { defaultPayloadConverter, type Payload } from "@temporalio/common";
import type protocol from "@temporalio/proto";
import type { History } from "../../infra/histories.ts";
import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import type { Admission, Admitted, Closed } from "../contract.ts";
import { readRecord, type RecordedClosing } from "./closing-record.ts";

type Event = protocol.temporal.api.history.v1.IHistoryEvent;

/** What a history tells of the objects that its run took. */
export type Told = {
  /** As the catalog was told, with the time that it happened. */
  readonly closings: readonly (RecordedClosing & { readonly closed: string })[];
  /** Admitted, but not closed: the run is open, or was terminated. */
  readonly open: readonly { readonly arrival: Arrival; readonly object: ObjectInfo; readonly claimed: string }[];
  readonly duplicates: readonly { readonly arrival: Arrival; readonly holder: string; readonly refused: string }[];
  /** Announced, but never held by the store as long as the run looked (`gone`); not to be done again as was asked (`declined`). */
  readonly untaken: readonly {
    readonly outcome: "gone" | "declined";
    readonly arrival: Arrival;
    readonly failure: Failure;
    readonly looked: string;
  }[];
};

/** What the catalog was told by an `ingest` run, read from its history; nothing of other runs. Pure. */
export function tracesOfHistory({ events }: History): Told {
  const arrivals = new Map(arrivalsOf(events?.[0]).map((arrival) => [arrival.id, arrival]));
  const closings: Told["closings"][number][] = [];
  const last = new Map<string, { readonly admitted: Admitted; readonly at: string }>();
  for (const { type, result, at } of localActivities(events ?? [])) {
    if (type === "admitArrivals") for (const admitted of (result as Admission).members) last.set(admitted.arrival, { admitted, at });
    if (type === "closeDocuments" && isClosed(result)) closings.push(...closingsOf(result).map((closing) => ({ ...closing, closed: at })));
  }
  const closed = new Set(closings.map(({ arrival }) => arrival.id));
  const latest = [...last.values()].flatMap(({ admitted, at }) => {
    const arrival = arrivals.get(admitted.arrival);
    return arrival && !closed.has(arrival.id) ? [{ arrival, admitted, at }] : [];
  });
  return {
    closings,
    open: latest.flatMap(({ arrival, admitted }) =>
      admitted.status === "admitted" || admitted.status === "refused"
        ? [{ arrival, object: admitted.object, claimed: admitted.claimed }]
        : [],
    ),
    duplicates: latest.flatMap(({ arrival, admitted, at }) =>
      admitted.status === "duplicate" ? [{ arrival, holder: admitted.holder, refused: at }] : [],
    ),
    untaken: latest.flatMap(({ arrival, admitted, at }) =>
      admitted.status === "gone" || admitted.status === "declined"
        ? [{ outcome: admitted.status, arrival, failure: admitted.failure, looked: at }]
        : [],
    ),
  };
}

/** What the catalog did not take as it was is closed as failed. */
function closingsOf({ record, unkept }: Closed): readonly RecordedClosing[] {
  const refused = new Map(unkept.map(({ arrival, failure }) => [arrival, failure]));
  return readRecord(record).map((closing) => {
    const reason = refused.get(closing.arrival.id);
    return reason ? { ...closing, trace: { ...closing.trace, outcome: "failed", reason } } : closing;
  });
}

function isClosed(result: unknown): result is Closed {
  return typeof result === "object" && result !== null && "record" in result;
}

export function arrivalsOf(started: Event | undefined): readonly Arrival[] {
  const [input] = valuesOf(started?.workflowExecutionStartedEventAttributes?.input?.payloads);
  return typeof input === "object" && input !== null && "arrivals" in input ? (input.arrivals as readonly Arrival[]) : [];
}

/** Local activities leave a marker each: their type and what they returned, but not what they were given. */
function* localActivities(events: readonly Event[]): Generator<{ readonly type: string; readonly result: unknown; readonly at: string }> {
  for (const event of events) {
    const { markerRecordedEventAttributes: marker } = event;
    if (marker?.markerName !== "core_local_activity" || marker.failure) continue;
    const [about] = valuesOf(marker.details?.["data"]?.payloads);
    const [result] = valuesOf(marker.details?.["result"]?.payloads);
    const { activity_type: type } = about as { readonly activity_type: string };
    yield { type, result, at: timeOf(event) };
  }
}

export function timeOf({ eventTime }: Event): string {
  return new Date(Number(eventTime?.seconds ?? 0) * 1_000 + (eventTime?.nanos ?? 0) / 1e6).toISOString();
}

function valuesOf(payloads: readonly Payload[] | null | undefined): readonly unknown[] {
  return (payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload<unknown>(payload));
}
