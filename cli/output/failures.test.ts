import { Ansis } from "ansis";
import { expect, it } from "vitest";
import type { FailureGroup } from "../../gateway/client.ts";
import { failuresText, nextOf } from "./failures.ts";

const reason = { code: "NO_SENSOR", kind: "terminal", message: "It has no sensor.", fingerprint: "NO_SENSOR/parse/1" } as const;
const group: FailureGroup = {
  fingerprint: reason.fingerprint,
  code: reason.code,
  kind: reason.kind,
  objects: 300,
  states: { quarantined: 290, failed: 10 },
  containers: { campus: 300 },
  types: {},
  dags: {},
  since: "2026-11-21T13:00:00.000Z",
  last: "2026-11-21T13:20:00.000Z",
  example: { container: "campus", key: "roof a.csv", content_type: "text/csv", state: "quarantined", reason },
};

it("says of a cause what to do, to programs as to people", () => {
  const next = [
    { to: "look", command: "sluice quarantine show 'campus/roof a.csv'" },
    { to: "then", command: "sluice reprocess --fingerprint NO_SENSOR/parse/1" },
    { to: "or", command: "sluice quarantine drop --fingerprint NO_SENSOR/parse/1" },
  ];
  expect(nextOf(group)).toEqual(next);
  const text = failuresText({ groups: [group], objects: 300, complete: true }, { width: 120, paint: new Ansis(0) });
  for (const { command } of next) expect(text).toContain(command);
});

it("sends to the trace where nothing is in quarantine, and drops nothing", () => {
  const failed = { ...group, states: { failed: 10 }, example: { ...group.example, state: "failed" as const } };
  expect(nextOf(failed).map(({ command }) => command)).toEqual([
    "sluice trace 'campus/roof a.csv'",
    "sluice reprocess --fingerprint NO_SENSOR/parse/1",
  ]);
});
