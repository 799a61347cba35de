import { connect } from "node:net";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freeSwiftPort, startSwift, swiftObstacle } from "../local/recipes/swift.ts";
import type { RunningSwift } from "../local/recipes/swift.ts";
import { describeObjectStore } from "./contract.ts";
import type { ObjectStore } from "./object-store.ts";
import { createSwiftStore } from "./swift.ts";
import { createSwiftSession } from "./swift-session.ts";
import type { SwiftCall } from "./swift-session.ts";

const obstacle = await swiftObstacle();
if (obstacle !== undefined) it.skip(`the object store on OpenStack Swift: ${obstacle}`, () => {});
else suites();

function suites(): void {
  let home: string;
  let port: number;
  let swift: RunningSwift;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "sluice-swift-"));
    port = await freeSwiftPort();
    swift = await startSwift({ home, port });
  });

  afterAll(async () => {
    await swift?.stop();
    await rm(home, { recursive: true, force: true });
  });

  describeObjectStore("OpenStack Swift", async () => ({
    store: createSwiftStore({ ...swift, pageEntries: 20 }),
    page: 20,
    absent: createSwiftStore({ ...swift, authUrl: "http://127.0.0.1:9/auth/v1.0" }),
    stranger: createSwiftStore({ ...swift, key: "not-the-key" }),
  }));

  describe("a large object of OpenStack Swift", () => {
    const at = { store: "swift", address: "", action: "write" } as const;
    let store: ObjectStore;
    let raw: (call: Omit<SwiftCall, "at">) => Promise<void>;
    let close: () => PromiseLike<void>;

    beforeAll(async () => {
      store = createSwiftStore(swift);
      const session = createSwiftSession(swift);
      close = () => session[Symbol.asyncDispose]();
      raw = async (call) => (await session.call({ at, ...call })).body.dump();
      for (const container of ["large", "large_segments"]) await store.createContainer(container);
      for (const part of ["1", "2", "3"]) await store.put("large_segments", `parts/${part}`, Buffer.from(`part ${part};`));
    });

    afterAll(async () => {
      await close();
      await store[Symbol.asyncDispose]();
    });

    const whole = "part 1;part 2;part 3;";
    const static_ = (key: string) =>
      raw({
        method: "PUT",
        path: ["large", key],
        query: { "multipart-manifest": "put" },
        headers: { "content-type": "text/csv" },
        body: Buffer.from(JSON.stringify(["1", "2", "3"].map((part) => ({ path: `/large_segments/parts/${part}` })))),
      });
    const dynamic = (key: string) =>
      raw({
        method: "PUT",
        path: ["large", key],
        headers: { "content-type": "text/csv", "x-object-manifest": "large_segments/parts/", "content-length": "0" },
      });

    it.each([
      ["static", static_],
      ["dynamic", dynamic],
    ])("(%s) is read, ranged, listed and versioned as one", async (key, make) => {
      await make(key);
      const head = await store.head("large", key);
      expect(head).toMatchObject({ size: whole.length, contentType: "text/csv" });

      const { object, body } = await store.get("large", key, { ifEtag: head?.etag ?? "" });
      expect(object).toEqual(head);
      expect((await buffer(body)).toString()).toBe(whole);

      const ranged = await store.get("large", key, { range: { start: 5, end: 12 }, ifEtag: head?.etag ?? "" });
      expect((await buffer(ranged.body)).toString()).toBe("1;part ");
      expect(ranged.object).toEqual(head);

      for await (const listed of store.list("large", { prefix: key }))
        expect(listed).toMatchObject({ key, size: whole.length, etag: head?.etag, lastModified: head?.lastModified });
      await expect(store.get("large", key, { ifEtag: "another" })).rejects.toMatchObject({ code: "OBJECT_CHANGED" });
    });

    it("loses its manifest only, where its segments are somebody else's", async () => {
      await static_("shared");
      await store.delete("large", "shared");
      expect(await store.head("large", "shared")).toBeUndefined();
      expect(await store.head("large_segments", "parts/1")).toBeDefined();
    });

    it("takes its own segments with it when it is replaced or deleted", async () => {
      const megabytes = async function* (count: number) {
        for (let index = 0; index < count; index++) yield Buffer.alloc(1024 * 1024, index);
      };
      const segments = async () => {
        const keys: string[] = [];
        for await (const { key } of store.list("large_segments", { prefix: "mine/" })) keys.push(key);
        return keys;
      };
      await store.put("large", "mine", megabytes(9));
      const [first] = await segments();
      await store.put("large", "mine", megabytes(10));
      expect(await segments()).toEqual([expect.not.stringMatching(first ?? "")]);
      expect((await buffer((await store.get("large", "mine")).body)).length).toBe(10 * 1024 * 1024);
      await store.delete("large", "mine");
      expect(await segments()).toEqual([]);
    });

    it("and any other survives the end of a token", async () => {
      await store.put("large", "renewed", Buffer.from("before"));
      const memcached = connect(port + 4, "127.0.0.1").setEncoding("utf8");
      memcached.write("flush_all\r\n");
      expect(await once(memcached, "data")).toEqual(["OK\r\n"]);
      memcached.end();
      const reads = Array.from({ length: 8 }, async () => (await buffer((await store.get("large", "renewed")).body)).toString());
      expect(await Promise.all(reads)).toEqual(Array.from({ length: 8 }, () => "before"));
    });
  });
}
