import type { GatewayClient, ReprocessingRun } from "../../gateway/client.ts";
import type { Output } from "../output/output.ts";
import { showCounter } from "../output/progress.ts";
import { follow } from "../wait/follow.ts";
import { countsText, doneOf, isOver } from "./text.ts";

/** Shows how far a run is until it ends, the time (in milliseconds) is up, or Ctrl-C. Answers how it was last seen. */
export async function followReprocessing(client: GatewayClient, id: string, output: Output, timeout: number): Promise<ReprocessingRun> {
  output.note(`Reprocessing ${id} is under way; Ctrl-C leaves it running.`);
  using bar = showCounter(output);
  return await follow({
    look: () => client.reprocessing(id),
    isOver,
    done: doneOf,
    show: (run) => bar.update(doneOf(run), run.selected, `${run.state}: ${countsText(run)}`),
    timeout,
  });
}

/** Said where somebody stopped watching. */
export function howToGoOn(id: string): string {
  return `It goes on. \`sluice reprocess watch ${id}\` watches it, \`pause\`, \`throttle\` and \`cancel\` steer it.`;
}
