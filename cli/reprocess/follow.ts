import { setTimeout as pause } from "node:timers/promises";
import type { GatewayClient, ReprocessingRun } from "../../gateway/client.ts";
import { onInterruption } from "../interruption.ts";
import type { Output } from "../output/output.ts";
import { showCounter } from "../output/progress.ts";
import { countsText, doneOf, isOver } from "./text.ts";

const [quickest, slowest] = [150, 1_000];

/**
 * Shows how far a run is until it ends, the time is up, or Ctrl-C: which leaves it running. Answers how it was last
 * seen.
 */
export async function follow(client: GatewayClient, id: string, output: Output, timeout: number): Promise<ReprocessingRun> {
  using interruption = onInterruption();
  output.note(`Reprocessing ${id} is under way; Ctrl-C leaves it running.`);
  using bar = showCounter(output);
  const deadline = performance.now() + timeout;
  for (let wait = quickest, done = -1; ;) {
    const run = await client.reprocessing(id);
    bar.update(doneOf(run), run.selected, `${run.state}: ${countsText(run)}`);
    if (isOver(run) || performance.now() > deadline) return run;
    wait = doneOf(run) > done ? quickest : Math.min(slowest, wait * 1.3);
    done = doneOf(run);
    await pause(wait, undefined, { signal: interruption.signal }).catch(() => undefined);
    if (interruption.signal.aborted) return run;
  }
}

/** Said where somebody stopped watching. */
export function howToGoOn(id: string): string {
  return `It goes on. \`sluice reprocess watch ${id}\` watches it, \`pause\`, \`throttle\` and \`cancel\` steer it.`;
}
