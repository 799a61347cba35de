import { describe, expect, it } from "vitest";
import { createWatch } from "./watch.ts";

describe("createWatch", () => {
  it("tells each outcome once, as it lands, and ends when all have", async () => {
    const told: string[] = [];
    let asked = 0;
    const watch = createWatch<string, number>({
      look: async (targets) => new Map(targets.filter((target) => target.length <= (asked += 1)).map((target) => [target, asked])),
      onOutcome: (_, target) => told.push(target),
      timeout: 10_000,
    });
    for (const target of ["aaaa", "a", "aa"]) watch.add(target);
    expect(await watch.finish()).toEqual([]);
    expect(told.sort()).toEqual(["a", "aa", "aaaa"]);
  });

  it("gives back what has not settled in time", async () => {
    const watch = createWatch<string, number>({ look: async () => new Map(), onOutcome: () => {}, timeout: 200 });
    watch.add("late");
    expect(await watch.finish()).toEqual(["late"]);
  });

  it("fails as its look does", async () => {
    const watch = createWatch<string, number>({ look: () => Promise.reject(new Error("gone")), onOutcome: () => {}, timeout: 10_000 });
    watch.add("any");
    await expect(watch.finish()).rejects.toThrow("gone");
  });
});
