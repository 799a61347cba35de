import { expect, it } from "vitest";
import { readEnvironment } from "./config.ts";
import { schedules } from "./schedules.ts";

const minutes = 60_000;

it("looks for lost objects and into the predecessor's waiting list every five minutes, for closed runs every minute, unless told otherwise", () => {
  const periods = (env: NodeJS.ProcessEnv) =>
    Object.fromEntries(schedules(readEnvironment(env)).map(({ workflowType, every }) => [workflowType, every / minutes]));
  expect(periods({})).toEqual({ archive: 1, prune: 360, reconcile: 5, waitingList: 5 });
  expect(periods({ SLUICE_ARCHIVE_EVERY: "1h", SLUICE_RECONCILE_EVERY: "2m" })).toEqual({
    archive: 60,
    prune: 360,
    reconcile: 2,
    waitingList: 5,
  });
});

it("gives each as much time as there is until the next", () => {
  const patient = schedules(readEnvironment({ SLUICE_RECONCILE_EVERY: "2m" })).flatMap(({ workflowType, every, args: [given] }) =>
    typeof given === "object" && given !== null && "patience" in given ? [[workflowType, every, given.patience]] : [],
  );
  expect(patient).toEqual([
    ["reconcile", 2 * minutes, 2 * minutes],
    ["waitingList", 5 * minutes, 5 * minutes],
  ]);
});
