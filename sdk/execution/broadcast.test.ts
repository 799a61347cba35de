import { describe, expect, it } from "vitest";
import { broadcast, chunksOf } from "./broadcast.ts";

/** Rows in flight are bounded by a few chunks for each consumer, whatever the size of the stream. */
const bound = 4_096;

async function* numbers(count: number, onYield: (number: number) => void = () => {}): AsyncGenerator<number> {
  for (let number = 1; number <= count; number++) {
    onYield(number);
    yield number;
  }
}

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

async function sum(rows: AsyncIterable<number>): Promise<number> {
  let total = 0;
  for await (const row of rows) total += row;
  return total;
}

describe("broadcast", { timeout: 60_000 }, () => {
  it("gives every consumer every row in order", async () => {
    const stream = broadcast(numbers(2_000), 3);
    const all = Promise.all(stream.outlets.map(({ rows }) => Array.fromAsync(rows)));
    expect(await stream.run()).toBe(2_000);
    for (const rows of await all) expect(rows).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1));
  });

  it("holds back a producer of a million rows to the pace of the slowest consumer", async () => {
    let produced = 0;
    let consumed = 0;
    let most = 0;
    const stream = broadcast(
      numbers(1_000_000, (number) => {
        produced = number;
        most = Math.max(most, produced - consumed);
      }),
      2,
    );
    const slow = async (rows: AsyncIterable<number>) => {
      for await (const _ of rows) if (++consumed % 10_000 === 0) await tick();
    };
    const [count] = await Promise.all([stream.run(), slow(stream.outlets[0]!.rows), sum(stream.outlets[1]!.rows)]);
    expect(count).toBe(1_000_000);
    expect(consumed).toBe(1_000_000);
    expect(most).toBeLessThanOrEqual(bound);
  });

  it("asks its producer for nothing more while a consumer does not read", async () => {
    let produced = 0;
    const stream = broadcast(
      numbers(1_000_000, (number) => void (produced = number)),
      1,
    );
    const running = stream.run();
    for (let turn = 0; turn < 50; turn++) await tick();
    expect(produced).toBeLessThanOrEqual(bound);
    stream.outlets[0]?.leave();
    await running;
  });

  it("goes on for the others when a consumer leaves", async () => {
    const stream = broadcast(numbers(10_000), 2);
    const leaving = (async () => {
      for await (const _ of stream.outlets[0]!.rows) break;
    })();
    const [total] = await Promise.all([sum(stream.outlets[1]!.rows), leaving, stream.run()]);
    expect(total).toBe((10_000 * 10_001) / 2);
  });

  it("stops and closes its producer once all consumers have left", async () => {
    let produced = 0;
    let closed = false;
    async function* source() {
      try {
        yield* numbers(1_000_000, (number) => void (produced = number));
      } finally {
        closed = true;
      }
    }
    const stream = broadcast(source(), 2);
    const running = stream.run();
    for (const outlet of stream.outlets) outlet.leave();
    await running;
    expect(closed).toBe(true);
    expect(produced).toBeLessThanOrEqual(bound);
  });

  it("throws what its producer threw, and its consumers see it after the whole chunks before", async () => {
    async function* source() {
      yield* numbers(600);
      throw new Error("the disk is gone");
    }
    const stream = broadcast(source(), 1);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const row of stream.outlets[0]!.rows) seen.push(row);
    })();
    await expect(stream.run()).rejects.toThrow("the disk is gone");
    await expect(reading).rejects.toThrow("the disk is gone");
    expect(seen.length).toBe(512);
  });

  it("counts the rows of a stream that nobody reads", async () => {
    expect(await broadcast(numbers(1_234), 0).run()).toBe(1_234);
  });

  it("gathers plain rows into chunks, the last one smaller", async () => {
    expect((await Array.fromAsync(chunksOf(numbers(1_025)))).map(({ length }) => length)).toEqual([512, 512, 1]);
  });
});
