import { createHash, randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { versionOf } from "./object-store.ts";
import type { ObjectStore } from "./object-store.ts";

export type StoreUnderTest = {
  readonly store: ObjectStore;
  /** The same kind of store at an address where nothing listens. */
  readonly absent: ObjectStore;
  /** The same server with a key that it does not know. */
  readonly stranger: ObjectStore;
  /** Objects in one page of its listings. Default 1,000. */
  readonly page?: number;
};

const names = [
  "plain.csv",
  "2026/march/roof 3.csv",
  "Größe/été/気温 🌡.json",
  `quotes " and ' and \`.txt`,
  "100% of a+b=c&d;e,f.txt",
  "what?#fragment[1]{2}|^~.txt",
  "%2F%20literal.txt",
  "<tag>&amp;(brackets)!*.txt",
  "007",
];

const text = async (body: AsyncIterable<Uint8Array>) => (await buffer(body)).toString();
const pieces = async function* (count: number, bytes: number) {
  for (let index = 0; index < count; index++) yield Buffer.alloc(bytes, index % 251);
};
const sha256 = async (body: AsyncIterable<Uint8Array>) => {
  const hash = createHash("sha256");
  for await (const chunk of body) hash.update(chunk);
  return hash.digest("hex");
};
const collect = async <T>(items: AsyncIterable<T>) => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

/** What every object store must do. Containers are made for each run and emptied after it. */
export function describeObjectStore(title: string, connect: () => Promise<StoreUnderTest>): void {
  describe(`the object store on ${title}`, () => {
    const container = `contract-${randomUUID().slice(0, 8)}`;
    let store: ObjectStore;
    let absent: ObjectStore;
    let stranger: ObjectStore;
    let page: number;

    beforeAll(async () => {
      ({ store, absent, stranger, page = 1_000 } = await connect());
      await store.createContainer(container);
    });

    afterAll(async () => {
      for await (const object of store.list(container)) await store.delete(container, object.key);
      for (const each of [store, absent, stranger]) await each[Symbol.asyncDispose]();
    });

    it("creates a container that stays as it is when created again", async () => {
      await store.put(container, "kept", Buffer.from("kept"));
      await store.createContainer(container);
      expect(await store.head(container, "kept")).toBeDefined();
      expect(await store.containers()).toContain(container);
    });

    it("keeps content, type and metadata, and says the same of it however asked", async () => {
      const metadata = {
        "data-processing": "custom",
        sensor: "Temperatur °C, 気温",
        note: " two\nlines ",
        template: '{"tags":["é"]}',
        empty: "",
      };
      const put = await store.put(container, "same.csv", Buffer.from("a,b\n1,2\n"), { contentType: "text/csv", metadata });
      const head = await store.head(container, "same.csv");
      const { object, body } = await store.get(container, "same.csv");

      expect(put).toMatchObject({ key: "same.csv", size: 8, contentType: "text/csv", metadata });
      expect(head).toEqual(put);
      expect(object).toEqual(put);
      expect(await text(body)).toBe("a,b\n1,2\n");
      const [listed] = await collect(store.list(container, { prefix: "same.csv" }));
      expect(listed).toMatchObject({ key: "same.csv", size: 8, etag: put.etag, lastModified: put.lastModified });
      if (put.versionId === undefined) expect(versionOf(listed ?? put)).toBe(versionOf(put));
    });

    it.each(names)("takes the key %s", async (key) => {
      await store.put(container, key, Buffer.from(key));
      expect((await store.head(container, key))?.key).toBe(key);
      expect(await text((await store.get(container, key)).body)).toBe(key);
      expect((await collect(store.list(container, { prefix: key }))).map((object) => object.key)).toEqual([key]);
      await store.delete(container, key);
      expect(await store.head(container, key)).toBeUndefined();
    });

    it("replaces an object, and keeps an empty one", async () => {
      const first = await store.put(container, "replaced", Buffer.from("old"));
      const second = await store.put(container, "replaced", new Uint8Array());
      expect(second.size).toBe(0);
      expect(versionOf(second)).not.toBe(versionOf(first));
      expect(await text((await store.get(container, "replaced")).body)).toBe("");
    });

    it.each([
      ["of known size", 40, 40 * 1024 * 1024],
      ["of unknown size", 3, undefined],
      ["of unknown size, in parts", 40, undefined],
      ["of unknown size that is nothing", 0, undefined],
    ])("takes a stream %s", async (_, mebibytes, size) => {
      const put = await store.put(container, "stream", pieces(mebibytes, 1024 * 1024), {
        ...(size !== undefined && { size }),
        contentType: "application/x-stream",
        metadata: { a: "b" },
      });
      expect(put).toMatchObject({ size: mebibytes * 1024 * 1024, contentType: "application/x-stream", metadata: { a: "b" } });
      const { object, body } = await store.get(container, "stream");
      expect(object).toEqual(put);
      expect(await sha256(body)).toBe(await sha256(pieces(mebibytes, 1024 * 1024)));
      const [listed] = await collect(store.list(container, { prefix: "stream" }));
      expect(listed).toMatchObject({ size: put.size, etag: put.etag });
      await store.delete(container, "stream");
    });

    it.each([3, 5])("refuses a stream of 4 bytes that was announced with %d, and keeps nothing of it", async (size) => {
      await expect(store.put(container, "wrong-size", pieces(4, 1), { size })).rejects.toMatchObject({
        code: "WRONG_SIZE",
        kind: "terminal",
      });
      expect(await store.head(container, "wrong-size")).toBeUndefined();
    });

    it("hands on what a source throws, and keeps nothing of it", async () => {
      const broken = async function* () {
        yield* pieces(12, 1024 * 1024);
        throw new Error("the source broke");
      };
      await expect(store.put(container, "broken", broken())).rejects.toThrow("the source broke");
      await expect(store.put(container, "broken", broken(), { size: 20 * 1024 * 1024 })).rejects.toThrow("the source broke");
      expect(await store.head(container, "broken")).toBeUndefined();
    });

    it.each([
      ["from a byte on", { start: 6 }, "6789"],
      ["between two", { start: 2, end: 5 }, "234"],
      ["beyond the end", { start: 8, end: 100 }, "89"],
      ["after the end", { start: 10 }, ""],
      ["of nothing", { start: 4, end: 4 }, ""],
    ])("reads a range %s", async (_, range, expected) => {
      const put = await store.put(container, "digits", Buffer.from("0123456789"));
      const { object, body } = await store.get(container, "digits", { range });
      expect(await text(body)).toBe(expected);
      expect(object).toEqual(put);
    });

    it("reads a range of an empty object as nothing", async () => {
      await store.put(container, "empty", new Uint8Array());
      expect(await text((await store.get(container, "empty", { range: { start: 0, end: 100 } })).body)).toBe("");
    });

    it("reads only the version that is asked for", async () => {
      const first = await store.put(container, "versions", Buffer.from("first"));
      expect(await text((await store.get(container, "versions", { ifEtag: first.etag })).body)).toBe("first");
      await store.put(container, "versions", Buffer.from("second"));
      await expect(store.get(container, "versions", { ifEtag: first.etag })).rejects.toMatchObject({
        code: "OBJECT_CHANGED",
        kind: "terminal",
      });
      await expect(store.get(container, "versions", { ifEtag: first.etag, range: { start: 50 } })).rejects.toMatchObject({
        code: "OBJECT_CHANGED",
      });
    });

    it("says that an object or a container is gone", async () => {
      const gone = { code: "OBJECT_GONE", kind: "terminal" };
      expect(await store.head(container, "never")).toBeUndefined();
      expect(await store.head("contract-never", "never")).toBeUndefined();
      await expect(store.get(container, "never")).rejects.toMatchObject(gone);
      await expect(store.get(container, "never", { ifEtag: "1", range: { start: 5 } })).rejects.toMatchObject(gone);
      await expect(store.put("contract-never", "never", Buffer.from("x"))).rejects.toMatchObject(gone);
      await expect(collect(store.list("contract-never"))).rejects.toMatchObject(gone);
      await store.delete(container, "never");
      await store.delete("contract-never", "never");
    });

    it("lists by prefix, after a key, up to a limit, over several pages", async () => {
      const keys = Array.from({ length: page + 30 }, (_, index) => `pages/${String(index).padStart(4, "0")} +%.txt`);
      for (let start = 0; start < keys.length; start += 32) {
        await Promise.all(
          keys.slice(start, start + 32).map((key) => store.put(container, key, Buffer.from("x"), { metadata: { q: '"é"' } })),
        );
      }
      const keysOf = async (options: { after?: string; limit?: number }) =>
        (await collect(store.list(container, { prefix: "pages/", ...options }))).map(({ key }) => key);
      expect(await keysOf({})).toEqual(keys);
      expect(await keysOf({ limit: 3 })).toEqual(keys.slice(0, 3));
      expect(await keysOf({ after: keys[page + 19] ?? "" })).toEqual(keys.slice(page + 20));
      expect(await keysOf({ limit: page + 10 })).toEqual(keys.slice(0, page + 10));
      expect(await keysOf({ after: "pages/9" })).toEqual([]);
    });

    it("stops at once when the signal is raised", async () => {
      await store.put(container, "long", pieces(16, 1024 * 1024));
      await expect(store.get(container, "long", { signal: AbortSignal.abort(new Error("stopped before")) })).rejects.toThrow(
        "stopped before",
      );

      const reading = new AbortController();
      const { body } = await store.get(container, "long", { signal: reading.signal });
      const read = async () => {
        for await (const _chunk of body) reading.abort(new Error("stopped reading"));
      };
      await expect(read()).rejects.toThrow("stopped reading");

      const writing = new AbortController();
      const silent = async function* () {
        yield Buffer.alloc(9 * 1024 * 1024);
        writing.abort(new Error("stopped writing"));
        await new Promise(() => {});
      };
      await expect(store.put(container, "silent", silent(), { signal: writing.signal })).rejects.toThrow("stopped writing");
      expect(await store.head(container, "silent")).toBeUndefined();
    });

    it("can be left in the middle of a body, again and again", async () => {
      await store.put(container, "left", pieces(4, 1024 * 1024));
      for (let round = 0; round < 50; round++) {
        for await (const chunk of (await store.get(container, "left")).body) {
          expect(chunk.length).toBeGreaterThan(0);
          break;
        }
      }
      expect(await store.head(container, "left")).toBeDefined();
    });

    it("asks for another try while the server is away", async () => {
      const away = { code: "STORE_UNAVAILABLE", kind: "retryable" };
      await expect(absent.head(container, "any")).rejects.toMatchObject(away);
      await expect(absent.get(container, "any")).rejects.toMatchObject(away);
      await expect(absent.put(container, "any", Buffer.from("x"))).rejects.toMatchObject(away);
      await expect(collect(absent.list(container))).rejects.toMatchObject(away);
    });

    it("asks for another try, and for other credentials, when it is not let in", async () => {
      const refused = { code: "STORE_REFUSED", kind: "retryable", message: expect.stringContaining("check the credentials") };
      await expect(stranger.head(container, "any")).rejects.toMatchObject(refused);
      await expect(stranger.put(container, "any", Buffer.from("x"))).rejects.toMatchObject(refused);
    });

    it("refuses for good what no store takes", async () => {
      await expect(store.put(container, "x".repeat(2_000), Buffer.from("x"))).rejects.toMatchObject({
        code: "STORE_REFUSED",
        kind: "terminal",
      });
      await expect(store.put(container, "lone \ud800", Buffer.from("x"))).rejects.toMatchObject({
        code: "STORE_REFUSED",
        kind: "terminal",
      });
      await expect(store.put(container, "named", Buffer.from("x"), { metadata: { "a b": "c" } })).rejects.toMatchObject({
        code: "WRONG_METADATA_NAME",
      });
    });
  });
}
