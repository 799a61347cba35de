import { setImmediate as tick } from "node:timers/promises";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createTurns } from "./turns.ts";

it("never has both kinds at work, leaves nobody out, and lets those of one kind work at once", async () => {
  let together = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom("write", "delete"), fc.nat(3), fc.boolean())), async (pieces) => {
      const turn = createTurns<string>();
      const atWork: string[] = [];
      const work = async ([kind, ticks, fails]: readonly [string, number, boolean]) => {
        atWork.push(kind);
        expect(new Set(atWork).size).toBe(1);
        together = Math.max(together, atWork.length);
        for (let passed = 0; passed < ticks; passed += 1) await tick();
        atWork.splice(atWork.indexOf(kind), 1);
        if (fails) throw new Error("failed");
      };
      const ended = await Promise.allSettled(pieces.map((piece) => turn(piece[0], () => work(piece))));
      expect(ended.map(({ status }) => status === "rejected")).toEqual(pieces.map(([, , fails]) => fails));
    }),
  );
  expect(together).toBeGreaterThan(1);
});
