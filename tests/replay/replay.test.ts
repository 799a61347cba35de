import { DefaultLogger, Runtime, Worker } from "@temporalio/worker";
import { beforeAll, describe, expect, it } from "vitest";
import { workflowBundle } from "../../workers/workflow-bundle.ts";
import { readRecordings, type Recording } from "../histories/recording.ts";
import { scenarios } from "../histories/scenarios.ts";

Runtime.install({ logger: new DefaultLogger("ERROR") });
const recordings = await readRecordings();

describe("the workflows of now", () => {
  let workflowBundleOfNow: Awaited<ReturnType<typeof workflowBundle>>;
  beforeAll(async () => void (workflowBundleOfNow = await workflowBundle()), 60_000);

  it("are held to a recording of each scenario", () => {
    expect([...recordings.keys()]).toEqual(Object.keys(scenarios).sort());
  });

  it.each([...recordings])("would do again what they did: %s", { timeout: 60_000 }, async (_, { workflowId, history }: Recording) => {
    await expect(Worker.runReplayHistory({ workflowBundle: workflowBundleOfNow }, history, workflowId)).resolves.toBeUndefined();
  });
});
