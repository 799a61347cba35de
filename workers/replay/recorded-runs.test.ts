import { expect, it } from "vitest";
import { recordedRuns } from "./recorded-runs.ts";

const found = (documents: readonly object[]) => ({
  find: () => ({ project: () => found(documents).find(), toArray: async () => documents }),
});

it("goes on behind a run whose history is gone, and says why there is none", async () => {
  const runs = ["lost", "forgotten", "kept"];
  const needs = {
    catalog: {
      traces: found(runs.map((run_id) => ({ workflow_id: "ingest/roof", run_id }))),
      documents: () => ({ findOne: async () => ({ state: "processed" }) }),
    },
    executions: { history: async (_: string, runId: string) => (runId === "kept" ? { events: [] } : undefined) },
    archive: { find: async () => [], forgotten: async (ids: readonly string[]) => ids.filter((id) => id === "forgotten") },
  };
  const recorded = await Array.fromAsync(recordedRuns(needs as never, { subject: "campus/roof.csv" }));
  expect(recorded.map(({ run_id, from, history }) => [run_id, from, history !== undefined])).toEqual([
    ["lost", "lost", false],
    ["forgotten", "forgotten", false],
    ["kept", "temporal", true],
  ]);
});
