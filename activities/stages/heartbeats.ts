import { Context } from "@temporalio/activity";
import { beatAlive } from "./attempts.ts";

const interval = 5_000;

/**
 * Heartbeats for an ordinary activity while it works, so that a worker that died is noticed long before the activity's
 * time-out. Not for tasks that heartbeat by themselves: their silence says something.
 */
export async function withHeartbeats<T>(work: () => Promise<T>): Promise<T> {
  if (Context.current().info.isLocal) return work();
  const timer = setInterval(beatAlive, interval);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
