import { describe, expect, it } from "vitest";
import { retryable, terminal } from "../../../sdk/contracts/errors.ts";
import { streamOf } from "../context-under-test.ts";
import { clearingUp, pump } from "./pump.ts";

const never = new AbortController().signal;

describe("pumping parts", () => {
  it("reads ahead of the writer by two parts at most", async () => {
    const releases: (() => void)[] = [];
    let read = 0;
    async function* parts() {
      for (read = 1; read <= 10; read += 1) yield read;
    }
    const pumped = pump(parts(), () => new Promise<void>((resolve) => releases.push(resolve)), never);
    await expect.poll(() => read).toBe(2);
    releases[0]?.();
    await expect.poll(() => read).toBe(3);
    for (let index = 1; index < 10; index += 1)
      await expect.poll(() => releases[index]?.() === undefined && releases.length > index).toBe(true);
    await pumped;
    expect(releases).toHaveLength(10);
  });

  it("waits for writes on their way before it reports that the input failed", async () => {
    let written = false;
    async function* parts() {
      yield 1;
      throw terminal("BAD", "Bad row.");
    }
    const slow = () =>
      new Promise<void>((resolve) =>
        setImmediate(() =>
          setImmediate(() => {
            written = true;
            resolve();
          }),
        ),
      );
    await expect(pump(parts(), slow, never)).rejects.toMatchObject({ code: "BAD" });
    expect(written).toBe(true);
  });

  it("stops waiting at the signal", async () => {
    const controller = new AbortController();
    const pumped = pump(streamOf([1, 2, 3]), () => new Promise<void>(() => undefined), controller.signal);
    controller.abort(new Error("cancelled"));
    await expect(pumped).rejects.toThrow("cancelled");
  });
});

describe("clearing up", () => {
  it.each([
    ["after a terminal failure", terminal("BAD", "Bad."), true],
    ["not after a failure that is tried again", retryable("AWAY", "Away."), false],
    ["not after an error that nobody knows", new Error("?"), false],
  ])("happens %s", async (_, error, expected) => {
    let cleared = false;
    await expect(
      clearingUp(
        () => Promise.reject(error),
        async () => {
          cleared = true;
        },
      ),
    ).rejects.toBe(error);
    expect(cleared).toBe(expected);
  });
});
