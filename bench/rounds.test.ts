import { expect, it } from "vitest";
import { inRounds, type Turn } from "./rounds.ts";

it("does one round of every part before the next, opens each once, and some have fewer", async () => {
  const done: string[] = [];
  const part = (name: string, rounds?: number): Turn => ({
    name,
    ...(rounds !== undefined && { rounds }),
    async open() {
      done.push(`open ${name}`);
      let kept = 0;
      return async (round) => {
        done.push(`${name} ${round}`);
        return [{ name, unit: "ms", values: [(kept += 1)] }];
      };
    },
  });
  const figures = await inRounds([part("a"), part("b", 1)], 3);
  expect(done).toEqual(["open a", "a 0", "open b", "b 0", "a 1", "a 2"]);
  expect(figures.filter(({ name }) => name === "a").map(({ values }) => values)).toEqual([[1], [2], [3]]);
});
