import { MongoNetworkError, MongoServerError } from "mongodb";
import { describe, expect, it, vi } from "vitest";
import { retryable, terminal } from "../../sdk/contracts/errors.ts";
import { isolate } from "./isolate.ts";

const group = Array.from({ length: 200 }, (_, index) => index);

/** Fails where one of `guilty` is among the items. */
const failingFor = (error: () => Error, ...guilty: readonly number[]) =>
  vi.fn<(items: readonly number[]) => Promise<readonly number[]>>(async (items) => {
    if (items.some((item) => guilty.includes(item))) throw error();
    return items;
  });

describe("a group whose bookkeeping fails", () => {
  it("is done at once where nothing is wrong", async () => {
    const work = failingFor(() => new Error("never"));
    expect(await isolate(group, 1, work)).toEqual({ done: [group], poisoned: [] });
    expect(work).toHaveBeenCalledTimes(1);
  });

  it.each([
    ["a terminal error", () => terminal("DOCUMENT_TOO_LARGE", "It is too large.")],
    ["a document that MongoDB refuses", () => new MongoServerError({ code: 10334, message: "too large" })],
    ["a collection that MongoDB refuses", () => new MongoServerError({ code: 73, message: "Invalid namespace" })],
  ])("names the guilty at once by %s, and is done with all others", async (_, error) => {
    const work = failingFor(error, 17, 140);
    const { done, poisoned } = await isolate(group, 1, work);
    expect(poisoned.map(({ item }) => item)).toEqual([17, 140]);
    expect(done.flat()).toEqual(group.filter((item) => item !== 17 && item !== 140));
    expect(work.mock.calls.length).toBeLessThan(40);
  });

  it.each([
    ["the catalog is away", () => new MongoNetworkError("gone")],
    ["the store is away", () => retryable("STORE_UNAVAILABLE", "No answer.")],
    ["the network fails", () => Object.assign(new Error("refused"), { code: "ECONNREFUSED" })],
  ])("is tried again as a whole, for ever, where %s", async (_, error) => {
    await expect(isolate(group, 1_000, failingFor(error, 17))).rejects.toThrow();
  });

  it("lays an error that nobody knows to a member only when it comes again and again", async () => {
    const work = failingFor(() => new TypeError("x is undefined"), 3);
    await expect(isolate(group, 4, work)).rejects.toThrow("x is undefined");
    const { poisoned } = await isolate(group, 5, work);
    expect(poisoned).toMatchObject([
      { item: 3, failure: { code: "BOOKKEEPING_FAILED", message: expect.stringContaining("x is undefined") as string } },
    ]);
  });
});
