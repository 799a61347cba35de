import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "minio";
import type { Backlog } from "./backlog.ts";
import type { Content, Generated } from "./generator/expected.ts";
import type { Random } from "./generator/random.ts";

type Put = { readonly object: Generated; readonly content: Content };

/** Objects on their way into the store. */
export type Traffic = {
  /** Lets `count` more be put; how many are left to be let through afterwards. */
  release(count: number): number;
  readonly put: () => number;
  /** Resolves once all are put. */
  readonly done: Promise<void>;
};

const lanes = 12;
/** A PUT that fails is tried again for this long: the store may be away. */
const patience = 180_000;

export type TrafficOptions = {
  readonly s3: Client;
  readonly backlog: Backlog;
  readonly random: Random;
  readonly signal: AbortSignal;
};

/** Puts all versions of the objects, those of one object in their order and some time apart. */
export function startTraffic(objects: readonly Generated[], { s3, backlog, random, signal }: TrafficOptions): Traffic {
  const queue = inOrder(objects, random);
  const turns = new Map<Generated, Promise<void>>();
  let released = 0;
  let taken = 0;
  let put = 0;

  async function lane(): Promise<void> {
    while (taken < queue.length) {
      if (taken >= released) {
        await pause(20, undefined, { signal });
        continue;
      }
      const next = queue[taken];
      taken += 1;
      if (!next) continue;
      const turn = (turns.get(next.object) ?? Promise.resolve()).then(() => land(next));
      turns.set(next.object, turn);
      await turn;
      put += 1;
    }
  }

  async function land({ object: { container, key }, content: { bytes, contentType, metadata } }: Put): Promise<void> {
    const headers = { ...(contentType && { "Content-Type": contentType }), ...metadata };
    for (const deadline = performance.now() + patience; ;) {
      try {
        const { versionId } = await s3.putObject(container, key, bytes, bytes.length, headers);
        backlog.add({ container, key, version: versionId ?? "" });
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (performance.now() > deadline)
          throw new Error(`${container}/${key} could not be put for ${patience / 1_000} s.`, { cause: error });
        await pause(250, undefined, { signal });
      }
    }
  }

  const done = Promise.all(Array.from({ length: lanes }, lane)).then(() => undefined);
  return {
    release(count) {
      released = Math.min(queue.length, released + count);
      return queue.length - released;
    },
    put: () => put,
    done,
  };
}

/** Newer versions come after the older ones, at once or after many other objects. */
function inOrder(objects: readonly Generated[], random: Random): readonly Put[] {
  const placed = objects.flatMap((object, index) => {
    let place = index;
    return object.versions.map((content, version) => {
      if (version > 0) place += random.chance(0.3) ? 0.1 : random.whole(1, 150);
      return { place, put: { object, content } };
    });
  });
  return placed.toSorted((one, other) => one.place - other.place).map(({ put }) => put);
}
