import { sleep } from "@temporalio/workflow";
import type { Going } from "./bulk.ts";

/** A run that was started by the clock ends before the next one begins. */
export function startTimer(going: Going, patience: number): { readonly isUp: boolean } {
  const limit = { isUp: false };
  const left = patience - (Date.now() - Date.parse(going.progress.since));
  void sleep(Math.max(1, left)).then(
    () => {
      limit.isUp = true;
      going.cancelled = true;
    },
    () => undefined,
  );
  return limit;
}
