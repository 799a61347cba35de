import { timed } from "../concurrency.ts";
import type { Part } from "../figure.ts";
import { containers } from "../lake.ts";
import { untilProcessed } from "../outcomes.ts";

const length = 40;
const floors = ["chain of 40, plain Temporal", "chain of 40 no-op activities", "chain of 40 no-op local activities"];

/** `dags/chain.ts`, forty tasks that do nothing, and `dags/ordinary-chain.ts`, the same as ordinary activities. */
export const chain: Part = {
  name: "chain",
  async open(lake, { quick, say, observe, floors: { plain, tuned } }) {
    const [byHand, noOp] = [await plain(), await tuned()];
    const chains = quick ? 2 : 3;
    const content = Buffer.from("Nothing is done with this.\n");
    const container = containers.silent;
    const once = async (key: string) => {
      await lake.put(container, key, content, "text/plain");
      return await timed(async () => {
        await lake.announce(container, key, content.length);
        await untilProcessed(lake, container, [key], { interval: 3 });
      });
    };
    const seconds = async (work: (index: number) => Promise<number>) => {
      const values: number[] = [];
      for (let index = 0; index < chains; index++) values.push((await work(index)) / 1_000);
      return values;
    };
    await once("chain/warm.txt");
    await once("ordinary-chain/warm.txt");
    await noOp.chain(length, "ordinary");
    await byHand.chain(length, "ordinary");

    return async (round) => {
      say(`chains of ${length}`);
      const { result: engine } = await observe("chain", () => seconds((index) => once(`chain/${round}-${index}.txt`)));
      const { result: ordinary } = await observe("chain, ordinary", () => seconds((index) => once(`ordinary-chain/${round}-${index}.txt`)));
      return [
        { name: "chain of 40, webhook to closed document", unit: "s", values: engine, floors, aim: "≤ 0.04 × plain Temporal" },
        { name: "chain of 40, ordinary activities", unit: "s", values: ordinary, floors, aim: "≤ 0.15 × plain Temporal" },
        { name: "chain of 40, plain Temporal", unit: "s", values: await seconds(() => timed(() => byHand.chain(length, "ordinary"))) },
        { name: "chain of 40 no-op activities", unit: "s", values: await seconds(() => timed(() => noOp.chain(length, "ordinary"))) },
        { name: "chain of 40 no-op local activities", unit: "s", values: await seconds(() => timed(() => noOp.chain(length, "local"))) },
      ];
    };
  },
};
