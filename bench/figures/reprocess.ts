import { setTimeout as sleep } from "node:timers/promises";
import { createGatewayClient, type ReprocessingRun } from "../../gateway/client.ts";
import type { Selection } from "../../sdk/contracts/selection.ts";
import type { Part } from "../figure.ts";
import { historyEvents } from "../histories.ts";
import { containers } from "../lake.ts";
import { announceAll, putAll } from "../objects.ts";
import { sizesOf } from "./growth.ts";

const container = containers.grown;

/** All objects of a large container processed again, by the plans in force. */
export const reprocess: Part = {
  name: "reprocess",
  lake: "large",
  rounds: 1,
  async open(lake, { quick, say, observe }) {
    const client = createGatewayClient({ url: lake.env.SLUICE_GATEWAY_URL, token: lake.env.SLUICE_API_TOKEN });
    const wanted = sizesOf(quick).at(-1) ?? 0;
    // Those that `growth` has left, or as many more.
    for (let known = await countOf(); known < wanted; known = await countOf()) {
      say(`${known} of ${wanted} objects are there to be processed again`);
      const more = Math.min(1_000, wanted - known);
      await putAll(lake, container, "again", more, known);
      await announceAll(lake, container, "again", more, known);
    }

    async function countOf(): Promise<number> {
      return await lake.catalog.documents(container).countDocuments();
    }

    async function again(what: string, selection: Selection) {
      say(`${what} again`);
      const observed = await observe(`processing ${what} again`, async () => {
        const { id } = await client.reprocess({ selection });
        return await ended(() => client.reprocessing(id));
      });
      const { result: run, seconds, peak } = observed;
      if (run.state !== "completed" || run.processed !== run.selected)
        throw new Error(`The reprocessing ${run.id} ended ${run.state} with ${run.processed} processed; expected all ${run.selected}.`);
      return {
        run,
        seconds,
        memory: { name: `worker's peak, ${what} again`, unit: "MB", values: [peak["worker"] ?? Number.NaN] } as const,
      };
    }

    return async () => {
      // Keys end in numbers.
      const tenth = await again("a tenth", { containers: [container], key: "**/*0.json" });
      const { run, seconds, memory } = await again("all", { containers: [container] });
      const [count, known] = [run.processed, await countOf()];
      if (count !== known) throw new Error(`The reprocessing ${run.id} processed ${count} objects; expected all ${known} of ${container}.`);
      const { events, longest } = await historyEvents(lake.temporal, run.workflow_id);
      return [
        { name: `${count} objects processed again`, unit: "objects/s", values: [count / seconds] },
        tenth.memory,
        { ...memory, floors: [tenth.memory.name], aim: "≤ 1.15 ×" },
        { name: `history of ${count} processed again, all runs`, unit: "events", values: [events] },
        // Runs continue as new from 5,000 events on, and let end what is under way.
        { name: `history of ${count} processed again, longest run`, unit: "events", values: [longest], aim: "< 5,500" },
      ];
    };
  },
};

async function ended(look: () => Promise<ReprocessingRun>): Promise<ReprocessingRun> {
  for (;;) {
    const run = await look();
    if (run.state !== "running" && run.state !== "paused") return run;
    await sleep(500);
  }
}
