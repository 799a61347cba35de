import type { Part } from "../figure.ts";
import { historyEvents } from "../histories.ts";
import { containers } from "../lake.ts";
import { untilProcessed } from "../outcomes.ts";

/** `dags/fan-out.ts`: a map over many items that do nothing. */
export const fanOut: Part = {
  name: "fan-out",
  async open(lake, { quick, say, observe }) {
    const items = quick ? 2_000 : 10_000;
    const container = containers.silent;
    const content = Buffer.from(String(items));

    return async (round) => {
      say(`a map over ${items} items`);
      const key = `fan-out/${round}.txt`;
      await lake.put(container, key, content, "text/plain");
      const { seconds } = await observe("fan-out", async () => {
        await lake.announce(container, key, content.length);
        await untilProcessed(lake, container, [key]);
      });
      const workflowId = await requireItems(lake, container, key, items);
      const { events, longest } = await historyEvents(lake.temporal, workflowId);
      return [
        { name: `fan-out of ${items}, webhook to closed document`, unit: "s", values: [seconds], aim: items === 10_000 ? "< 20 s" : "" },
        { name: `history of a fan-out of ${items}, all runs`, unit: "events", values: [events] },
        { name: `history of a fan-out of ${items}, longest run`, unit: "events", values: [longest], aim: "< 51,200" },
      ];
    };
  },
};

/** The trace must speak of every item; answers the workflow that it was. */
async function requireItems({ catalog }: Parameters<Part["open"]>[0], container: string, key: string, items: number): Promise<string> {
  const traces = await catalog.traces.find({ container, key }).toArray();
  const done = traces.find(({ outcome }) => outcome === "processed");
  const rows = done?.dags.flatMap(({ steps }) => steps).find(({ node, status }) => node.startsWith("map") && status === "success")?.rows;
  if (!done || rows !== items) throw new Error(`The trace of ${container}/${key} speaks of ${rows} items; expected ${items}.`);
  return done.workflow_id;
}
