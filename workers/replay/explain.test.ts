import protocol from "@temporalio/proto";
import { beforeAll, describe, expect, it } from "vitest";
import type { History } from "../../infra/histories.ts";
import { readRecordings, type Recording } from "../../tests/histories/recording.ts";
import { workflowBundle } from "../workflow-bundle.ts";
import { keepTemporalQuiet } from "./quiet.ts";
import { replayHistory } from "./replay-history.ts";

keepTemporalQuiet();
const { History: HistoryMessage } = protocol.temporal.api.history.v1;
const recordings = await readRecordings();

type Change = (events: NonNullable<History["events"]>) => void;

describe("a history that today's workflows would not repeat", { timeout: 60_000 }, () => {
  let bundle: Awaited<ReturnType<typeof workflowBundle>>;
  beforeAll(async () => void (bundle = await workflowBundle()), 60_000);

  async function replayed(name: string, change: Change) {
    const { workflowId, history } = recordings.get(name) as Recording;
    const changed = HistoryMessage.fromObject(HistoryMessage.toObject(HistoryMessage.fromObject(history)));
    change(changed.events);
    return await replayHistory(bundle, changed, workflowId);
  }

  it("is the same where nothing was changed", async () => {
    expect(await replayed("one-object", () => {})).toBeUndefined();
  });

  it("names the activity that is on record and the one of now", async () => {
    const rename: Change = (events) => {
      const scheduled = events.find((event) => event.activityTaskScheduledEventAttributes)?.activityTaskScheduledEventAttributes;
      if (scheduled) scheduled.activityType = { name: "another" };
    };
    expect(await replayed("retried-as-an-ordinary-activity", rename)).toMatchObject({
      event: expect.any(Number),
      event_type: "ActivityTaskScheduled",
      recorded: "another",
      now: "produce + flaky",
      message: 'On record is the activity "another"; the workflow code of now asks for "produce + flaky" in its place.',
    });
  });

  it("names the local activity, by the event of its marker", async () => {
    const rename: Change = (events) => {
      for (const { markerRecordedEventAttributes: marker } of events) {
        const payload = marker?.details?.["data"]?.payloads?.[0];
        const text = Buffer.from(payload?.data ?? []).toString();
        if (payload && text.includes('"look-at-json"')) payload.data = Buffer.from(text.replace("look-at-json", "another"));
      }
    };
    expect(await replayed("one-object", rename)).toMatchObject({
      event: 6,
      event_type: "MarkerRecorded",
      recorded: "another",
      now: "look-at-json",
    });
  });

  it("says where a run ended that would go on now", async () => {
    const end: Change = (events) => {
      const last = events.at(-1);
      events.splice(
        5,
        events.length,
        ...(last ? [{ ...last, eventId: protocol.temporal.api.history.v1.HistoryEvent.fromObject({ eventId: 6 }).eventId }] : []),
      );
    };
    expect(await replayed("one-object", end)).toMatchObject({
      event: 6,
      event_type: "WorkflowExecutionCompleted",
      message: "On record is WorkflowExecutionCompleted; the workflow code of now does nothing there.",
    });
  });

  it("says that there is no such workflow any more", async () => {
    const rename: Change = (events) => {
      const started = events[0]?.workflowExecutionStartedEventAttributes;
      if (started) started.workflowType = { name: "retired" };
    };
    expect(await replayed("one-object", rename)).toMatchObject({ recorded: "retired", message: expect.stringContaining('type "retired"') });
  });
});
