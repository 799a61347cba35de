import { timed } from "../concurrency.ts";
import type { Part } from "../figure.ts";
import { startNoOp } from "../floors/no-op.ts";
import { containers } from "../lake.ts";
import { untilProcessed } from "../outcomes.ts";

const length = 40;

/** `dags/chain.ts`: forty tasks that do nothing. */
export const chain: Part = {
  name: "chain",
  async run(lake, { quick, say, observe }) {
    await using noOp = await startNoOp(lake);
    const rounds = quick ? 3 : 7;
    const content = Buffer.from("Nothing is done with this.\n");
    const container = containers.silent;
    const once = async (key: string) => {
      await lake.put(container, key, content, "text/plain");
      return await timed(async () => {
        await lake.announce(container, key, content.length);
        await untilProcessed(lake, container, [key], { interval: 3 });
      });
    };

    say(`chains of ${length}, ${rounds} rounds`);
    await once("chain/warm.txt");
    await noOp.chain(length, "ordinary");
    const engine: number[] = [];
    const ordinary: number[] = [];
    const local: number[] = [];
    await observe("chain", async () => {
      for (let round = 0; round < rounds; round++) engine.push((await once(`chain/${round}.txt`)) / 1_000);
    });
    for (let round = 0; round < rounds; round++) {
      ordinary.push((await timed(() => noOp.chain(length, "ordinary"))) / 1_000);
      local.push((await timed(() => noOp.chain(length, "local"))) / 1_000);
    }
    return [
      { name: "chain of 40, webhook to closed document", unit: "s", values: engine, floor: "chain of 40 no-op activities", aim: "< 0.8 s" },
      { name: "chain of 40 no-op activities", unit: "s", values: ordinary },
      { name: "chain of 40 no-op local activities", unit: "s", values: local },
    ];
  },
};
