import { describe, expect, it } from "vitest";
import { retryable, terminal } from "../../../sdk/contracts/errors.ts";
import { createBulkWriter } from "./bulk-writer.ts";
import type { SinkGuard } from "./sink-guard.ts";

const guard: Pick<SinkGuard, "run" | "pace"> = { run: (ask) => ask(), pace: async () => undefined };
const outcomes = (promises: readonly Promise<unknown>[]) => Promise.allSettled(promises).then((all) => all.map(({ status }) => status));

describe("a bulk writer", () => {
  it("writes what waits in one request, up to its bound, with two requests in flight", async () => {
    const requests: number[] = [];
    let open = 0;
    let most = 0;
    const writer = createBulkWriter<number>({
      guard,
      rows: () => 1,
      weigh: () => 0.25,
      async write(parts) {
        requests.push(parts.length);
        most = Math.max(most, ++open);
        for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
        open -= 1;
      },
    });
    await Promise.all(Array.from({ length: 20 }, (_, part) => writer.add(part)));
    expect(Math.max(...requests)).toBe(4);
    expect(requests.length).toBeLessThan(8);
    expect(requests.reduce((sum, count) => sum + count)).toBe(20);
    expect(most).toBe(2);
  });

  it("fails only the guilty part of a request that is refused", async () => {
    const written: string[] = [];
    const writer = createBulkWriter<string>({
      guard,
      rows: () => 1,
      weigh: () => 0.1,
      async write(parts) {
        if (parts.includes("bad")) throw terminal("BAD", "One of them is bad.");
        written.push(...parts);
      },
    });
    expect(await outcomes(["a", "bad", "b", "c"].map((part) => writer.add(part)))).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    expect(written.toSorted()).toEqual(["a", "b", "c"]);
  });

  it("does not try parts one by one when the sink is away", async () => {
    let requests = 0;
    const writer = createBulkWriter<number>({
      guard,
      rows: () => 1,
      weigh: () => 0.1,
      async write() {
        requests += 1;
        throw retryable("SINK_UNAVAILABLE", "Away.");
      },
    });
    expect(await outcomes([writer.add(1), writer.add(2), writer.add(3)])).toEqual(["rejected", "rejected", "rejected"]);
    expect(requests).toBe(1);
  });

  it("waits for the sink's rate limit before a part takes part in a request", async () => {
    const paced: number[] = [];
    const written: number[] = [];
    const pace = async (rows: number) => void paced.push(rows);
    const writer = createBulkWriter<number>({
      guard: { ...guard, pace },
      rows: (part) => part * 10,
      weigh: () => 1,
      write: async (parts) => void written.push(...parts),
    });
    await Promise.all([writer.add(1), writer.add(2)]);
    expect([paced, written]).toEqual([
      [10, 20],
      [1, 2],
    ]);
  });
});
