import { ScheduleNotFoundError, type ScheduleOptions, ScheduleOverlapPolicy } from "@temporalio/client";
import type { Environment } from "./config.ts";
import type { Temporal } from "./temporal.ts";

/** A workflow that is started again and again, never twice at once. */
export type PeriodicWorkflow = {
  /** The schedule's id is the task queue's name and this: `sluice-archive`. */
  readonly name: string;
  readonly workflowType: string;
  readonly args: readonly unknown[];
  /** Milliseconds. */
  readonly every: number;
  /** What the Temporal UI says of its runs. */
  readonly summary: string;
};

/** All that the lake does by the clock. */
export function schedules(env: Environment): readonly PeriodicWorkflow[] {
  return [
    {
      name: "archive",
      workflowType: "archive",
      args: [{ overlap: env.SLUICE_ARCHIVE_OVERLAP }],
      every: env.SLUICE_ARCHIVE_EVERY,
      summary: "keep the histories of closed runs in the lake",
    },
    {
      name: "prune",
      workflowType: "prune",
      args: [{ keep: env.SLUICE_KEEP_RESULTS }],
      every: 6 * 60 * 60_000,
      summary: "remove what old runs left for others to begin in their middle",
    },
    {
      name: "reconcile",
      workflowType: "reconcile",
      args: [{ patience: env.SLUICE_RECONCILE_EVERY }],
      every: env.SLUICE_RECONCILE_EVERY,
      summary: "compare the stores' listings with the catalog, and start what no webhook announced",
    },
    {
      name: "waiting-list",
      workflowType: "waitingList",
      args: [{ patience: 5 * 60_000 }],
      every: 5 * 60_000,
      summary: "process what docker_datalake's waiting list names",
    },
  ];
}

/** Creates the schedules or brings them up to date. One that somebody has paused stays paused. */
export async function ensureSchedules({ client }: Pick<Temporal, "client">, env: Environment): Promise<readonly string[]> {
  return await Promise.all(
    schedules(env).map(async (periodic) => {
      const scheduleId = `${env.SLUICE_TASK_QUEUE}-${periodic.name}`;
      const options = optionsOf(periodic, env.SLUICE_TASK_QUEUE);
      try {
        await client.schedule.getHandle(scheduleId).update(({ state }) => ({ ...options, state }));
      } catch (error) {
        if (!(error instanceof ScheduleNotFoundError)) throw error;
        await client.schedule.create({ scheduleId, ...options });
      }
      return scheduleId;
    }),
  );
}

function optionsOf({ name, workflowType, args, every, summary }: PeriodicWorkflow, taskQueue: string): Omit<ScheduleOptions, "scheduleId"> {
  return {
    spec: { intervals: [{ every }] },
    // What was missed while the lake was down is made up for by the next run.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: "1 minute" },
    action: {
      type: "startWorkflow",
      workflowType,
      // Temporal adds the time: `archive/sluice-2026-11-21T13:20:00Z`.
      workflowId: `${name}/${taskQueue}`,
      taskQueue,
      args: [...args],
      staticSummary: summary,
    },
  };
}
