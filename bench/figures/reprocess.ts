import { setTimeout as sleep } from "node:timers/promises";
import { createGatewayClient, type ReprocessingRun } from "../../gateway/client.ts";
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

    return async () => {
      const count = await countOf();
      say(`${count} objects again`);
      const {
        result: run,
        seconds,
        peak,
      } = await observe("processing again", async () => {
        const { id } = await client.reprocess({ selection: { containers: [container] } });
        return await ended(() => client.reprocessing(id));
      });
      if (run.processed !== count)
        throw new Error(`The reprocessing ${run.id} ended ${run.state} with ${run.processed} processed; expected ${count}.`);
      const { events, longest } = await historyEvents(lake.temporal, run.workflow_id);
      return [
        { name: `${count} objects processed again`, unit: "objects/s", values: [count / seconds] },
        { name: "worker's peak while processing again", unit: "MB", values: [peak["worker"] ?? Number.NaN] },
        { name: `history of ${count} processed again, all runs`, unit: "events", values: [events] },
        { name: `history of ${count} processed again, longest run`, unit: "events", values: [longest], aim: "< 51,200" },
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
