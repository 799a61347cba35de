import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGroupCommit } from "./group-commit.ts";

/** A commit that is in flight until it is let go. */
function heldCommits() {
  const groups: (readonly number[])[] = [];
  const held: PromiseWithResolvers<void>[] = [];
  return {
    groups,
    commit: async (items: readonly number[]) => {
      groups.push(items);
      const gate = Promise.withResolvers<void>();
      held.push(gate);
      await gate.promise;
      return items.map((item) => item * 10);
    },
    release: async (index: number) => {
      await expect.poll(() => held[index]).toBeDefined();
      held[index]?.resolve();
    },
  };
}

describe("group commit", () => {
  it("takes everything that waited while a commit was in flight into the next one", async () => {
    const { groups, commit, release } = heldCommits();
    const group = createGroupCommit({ commit });
    const first = group.add(1);
    await expect.poll(() => groups.length).toBe(1);
    const rest = [2, 3, 4].map((item) => group.add(item));
    await release(0);
    await release(1);
    expect(await Promise.all([first, ...rest])).toEqual([10, 20, 30, 40]);
    expect(groups).toEqual([[1], [2, 3, 4]]);
  });

  it("rejects the items of a commit that throws and goes on with the next", async () => {
    const group = createGroupCommit<number, number>({
      maxItems: 2,
      commit: (items) => {
        if (items.includes(2)) throw new Error("disk full");
        return items;
      },
    });
    const settled = await Promise.allSettled([1, 2, 3, 4].map((item) => group.add(item)));
    expect(settled.map((one) => one.status)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled"]);
  });

  it("keeps as many commits in flight as it may, and no more", async () => {
    const { groups, commit, release } = heldCommits();
    const group = createGroupCommit({ commit, maxItems: 1, inFlight: 2 });
    const all = Promise.all([1, 2, 3].map((item) => group.add(item)));
    await expect.poll(() => groups.length).toBe(2);
    await new Promise(setImmediate);
    expect(groups).toHaveLength(2);
    for (const index of [0, 1, 2]) await release(index);
    await all;
    expect(groups).toEqual([[1], [2], [3]]);
  });

  it("refuses an answer that has not one result for each item", async () => {
    const group = createGroupCommit<number, number>({ commit: () => [] });
    await expect(group.add(1)).rejects.toThrow("1 items answered with 0 results");
  });

  it("answers every item with its own result, in order, within the bounds of a commit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 20 }),
        async (items, maxItems, maxWeight) => {
          const committed: number[] = [];
          const group = createGroupCommit<number, string>({
            maxItems,
            maxWeight,
            weigh: (item) => item,
            commit: async (taken) => {
              committed.push(...taken);
              expect(taken.length).toBeLessThanOrEqual(maxItems);
              if (taken.length > 1) expect(taken.reduce((sum, item) => sum + item)).toBeLessThanOrEqual(maxWeight);
              return taken.map(String);
            },
          });
          expect(await Promise.all(items.map((item) => group.add(item)))).toEqual(items.map(String));
          await group.idle();
          expect(committed).toEqual(items);
        },
      ),
    );
  });
});
