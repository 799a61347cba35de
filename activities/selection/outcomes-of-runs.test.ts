import { expect, it } from "vitest";
import { outcomesOfRuns } from "./outcomes-of-runs.ts";

const runOf = (runId: string) => ({ workflowId: "ingest/roof", runId, container: "campus", key: "roof.csv" });
const statuses = new Map([
  ["open", "RUNNING"],
  ["terminated", "TERMINATED"],
  ["silent", "COMPLETED"],
]);
const needs = {
  catalog: { traces: { find: () => ({ toArray: async () => [{ _id: "traced/campus/roof.csv", outcome: "processed" }] }) } },
  executions: { statusOf: async (_: string, runId: string) => statuses.get(runId) },
};

it("tells by its trace how a run ended, and without one by what Temporal says of it", async () => {
  const ends = await outcomesOfRuns(needs as never, ["traced", "open", "terminated", "silent", "unknown"].map(runOf));
  expect(ends).toMatchObject([
    { outcome: "processed" },
    null,
    { outcome: "failed", reason: { code: "RUN_ENDED", message: expect.stringContaining("campus/roof.csv ended as terminated") as string } },
    { outcome: "duplicate" },
    { outcome: "duplicate" },
  ]);
});
