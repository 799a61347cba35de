import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEnvironment } from "./config.ts";
import { ensureSchedules } from "./schedules.ts";
import { connectTemporal, type Temporal } from "./temporal.ts";

// Runs that it starts find no worker here, and stay unnoticed in a queue of their own.
const env = readEnvironment({
  ...process.env,
  SLUICE_TASK_QUEUE: `schedules-${randomBytes(4).toString("hex")}`,
  SLUICE_ARCHIVE_EVERY: "1d",
});
let temporal: Temporal;
let ids: readonly string[];
beforeAll(async () => {
  temporal = await connectTemporal(env);
  ids = await ensureSchedules(temporal, env);
});
afterAll(async () => {
  for (const id of ids) await temporal.client.schedule.getHandle(id).delete();
  await temporal[Symbol.asyncDispose]();
});

const archive = () => temporal.client.schedule.getHandle(`${env.SLUICE_TASK_QUEUE}-archive`);

describe("the lake's schedules", () => {
  it("start their workflows on its task queue, never two at once", async () => {
    const { spec, action, policies } = await archive().describe();
    expect({ spec, action, policies }).toMatchObject({
      spec: { intervals: [{ every: 86_400_000 }] },
      action: { workflowType: "archive", taskQueue: env.SLUICE_TASK_QUEUE, args: [{ overlap: env.SLUICE_ARCHIVE_OVERLAP }] },
      policies: { overlap: "SKIP" },
    });
  });

  it("are brought up to date, and stay paused where somebody has paused them", async () => {
    await archive().pause("enough for today");
    expect(await ensureSchedules(temporal, { ...env, SLUICE_ARCHIVE_EVERY: 7_200_000 })).toEqual(ids);
    const { spec, state } = await archive().describe();
    expect({ spec, state }).toMatchObject({
      spec: { intervals: [{ every: 7_200_000 }] },
      state: { paused: true, note: "enough for today" },
    });
  });
});
