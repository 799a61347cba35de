import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readEnvironment } from "../../infra/config.ts";
import { createStores } from "../../infra/stores/index.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import type { TaskContext } from "../../sdk/execution/context.ts";
import { collect } from "./archive/range-reader.ts";
import { type ZipEntry, zipOf } from "./archive/zip-under-test.ts";
import { contextOf, lakeObject } from "./context-under-test.ts";
import { createUnpackArchive } from "./unpack-archive.ts";

const env = readEnvironment();
const stores = createStores(env);
const store = stores.get("s3");
const container = `unpack-${process.pid}`;
const integrator = createUnpackArchive({ store: (name) => stores.get(name) });

/** The archive as an object of the real store: reads are ranged requests. */
async function archived(key: string, content: Uint8Array, info: Partial<ObjectInfo> = {}): Promise<TaskContext> {
  await store.put(container, key, content);
  return contextOf({
    ...lakeObject({ container, key, size: content.byteLength, type: "application/zip", ...info }),
    async *read({ start = 0, end = content.byteLength } = {}) {
      if (start < end) yield* (await store.get(container, key, { range: { start, end } })).body;
    },
  });
}

async function unpacked(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { key } of store.list(container, { prefix: folder })) {
    const { body } = await store.get(container, key);
    found[key.slice(folder.length)] = Buffer.from(await collect(body))
      .toString("latin1")
      .slice(0, 20);
  }
  return found;
}

const unpack = (context: TaskContext, options = {}) => integrator.write(context.object, options, context);

beforeAll(() => store.createContainer(container));

afterEach(async () => {
  for await (const { key } of store.list(container)) await store.delete(container, key);
});

afterAll(() => stores[Symbol.asyncDispose]());

describe("unpack-archive", () => {
  const entries: readonly ZipEntry[] = [
    { path: "readings/" },
    { path: "readings/a b.csv", content: "time,value" },
    { path: "readings/ça 100%.json", content: "[]", deflate: false },
    { path: "empty" },
    { path: "large.bin", content: Buffer.alloc(3 * 1024 * 1024, "0123456789abcdef"), deflate: false },
  ];
  const members = { "readings/a b.csv": "time,value", "readings/ça 100%.json": "[]", empty: "", "large.bin": "0123456789abcdef0123" };

  it("puts each member of a ZIP beside it, says where from, and does it once however often it runs", async () => {
    const context = await archived("in/data.zip", zipOf(entries));
    const receipt = await unpack(context);
    expect(receipt).toMatchObject({ sink: "store", what: "objects", count: 4, where: `${container}/in/data.zip.unpacked/` });
    expect(await unpack(context)).toEqual(receipt);
    expect(await unpacked("in/data.zip.unpacked/")).toEqual(members);
    const stored = await store.head(container, "in/data.zip.unpacked/large.bin");
    expect(stored).toMatchObject({ size: 3 * 1024 * 1024, metadata: { "sluice-archive": "in/data.zip", "sluice-depth": "1" } });
  });

  it("puts what a gzip holds beside it, under the name without its end, small or large", async () => {
    const large = Buffer.from(Array.from({ length: 300_000 }, (_, row) => `${row},${(row * 7919) % 1009}`).join("\n"));
    const receipt = await unpack(await archived("in/roof.csv.gz", gzipSync("time,value")));
    expect(receipt).toMatchObject({ what: "objects", count: 1, where: `${container}/in/roof.csv.gz.unpacked/` });
    await unpack(await archived("in/large.csv.gz", gzipSync(large)));
    expect(await unpacked("in/")).toMatchObject({ "roof.csv.gz.unpacked/roof.csv": "time,value" });
    expect(await store.head(container, "in/large.csv.gz.unpacked/large.csv")).toMatchObject({ size: large.length });
  });

  it.each([
    ["TAR", (tar: Buffer) => tar],
    ["gzipped TAR", (tar: Buffer) => gzipSync(tar)],
  ])("unpacks a %s", async (_, wrap) => {
    const packed = pack();
    for (const { path, content = "" } of entries)
      packed.entry({ name: path, type: path.endsWith("/") ? "directory" : "file" }, Buffer.from(content));
    packed.finalize();
    const context = await archived("data.tar", wrap(Buffer.from(await collect(packed as AsyncIterable<Uint8Array>))));
    expect(await unpack(context, { suffix: ".files" })).toMatchObject({ count: 4 });
    expect(await unpacked("data.tar.files/")).toEqual(members);
  });

  it("removes its members and nothing that someone else put there", async () => {
    const context = await archived("data.zip", zipOf(entries));
    const receipt = await unpack(context);
    await store.put(container, "data.zip.unpacked/mine.txt", Buffer.from("mine"));
    await integrator.undo(receipt, context);
    expect(await unpacked("data.zip.unpacked/")).toEqual({ "mine.txt": "mine" });
  });

  it("goes three archives deep and no deeper", async () => {
    const depth = (parent: string) => archived("data.zip", zipOf([{ path: "a", content: "x" }]), { metadata: { "sluice-depth": parent } });
    await unpack(await depth("2"));
    expect((await store.head(container, "data.zip.unpacked/a"))?.metadata["sluice-depth"]).toBe("3");
    await expect(unpack(await depth("3"))).rejects.toMatchObject({ code: "ARCHIVE_BOMB", kind: "terminal" });
  });

  it("writes nothing of an archive that is refused", async () => {
    const context = await archived(
      "bad.zip",
      zipOf([
        { path: "fine", content: "x" },
        { path: "../out", content: "x" },
      ]),
    );
    await expect(unpack(context)).rejects.toMatchObject({ code: "ARCHIVE_REFUSED", place: { field: "../out" } });
    expect(await unpacked("bad.zip.unpacked/")).toEqual({});
  });

  it.each([
    ["its size is a lie that is too small", { declaredSize: 5 }],
    ["its size is a lie that is too large", { declaredSize: 5_000 }],
    ["its checksum does not fit", { declaredCrc: 1 }],
  ])("takes back what it wrote when a member shows that %s", async (_, lie) => {
    const content = "content ".repeat(100);
    const context = await archived(
      "lie.zip",
      zipOf([
        { path: "fine", content: "x" },
        { path: "liar", content, ...lie },
      ]),
    );
    await expect(unpack(context)).rejects.toMatchObject({ code: "CORRUPT_ARCHIVE", kind: "terminal" });
    expect(await unpacked("lie.zip.unpacked/")).toEqual({});
  });

  it("unpacks many small members with few reads", async () => {
    const context = await archived(
      "many.zip",
      zipOf(Array.from({ length: 300 }, (_, at) => ({ path: `m/${at}`, content: `member ${at}` }))),
    );
    let reads = 0;
    const counted = contextOf({
      ...context.object,
      read: (range) => {
        reads += 1;
        return context.object.read(range);
      },
    });
    expect(await unpack(counted)).toMatchObject({ count: 300 });
    expect(reads).toBeLessThan(10);
  });

  it("calls a store that is away a matter for trying again", async () => {
    await using away = createStores({ ...env, SLUICE_S3_URL: "http://127.0.0.1:9" });
    const context = await archived("data.zip", zipOf(entries));
    await expect(createUnpackArchive({ store: (name) => away.get(name) }).write(context.object, {}, context)).rejects.toMatchObject({
      kind: "retryable",
    });
  });
});
