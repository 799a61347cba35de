import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openCatalog } from "../infra/catalog.ts";
import { readEnvironment } from "../infra/config.ts";
import { createStores } from "../infra/stores/index.ts";
import { createRegistry } from "../loader/registry.ts";
import { createPublisher } from "./publish.ts";

const env = readEnvironment();
let opened: AsyncDisposableStack;
let catalog: Awaited<ReturnType<typeof openCatalog>>;
let stores: ReturnType<typeof createStores>;
beforeAll(async () => {
  opened = new AsyncDisposableStack();
  catalog = opened.use(await openCatalog(env));
  stores = opened.use(createStores(env));
});
afterAll(() => opened.disposeAsync());

let folder: string;
let name: string;
let workers: AsyncDisposableStack;
beforeEach(async () => {
  workers = new AsyncDisposableStack();
  folder = await mkdtemp(join(tmpdir(), "sluice-publish-"));
  name = `p-${randomBytes(4).toString("hex")}`;
});
afterEach(async () => {
  await workers.disposeAsync();
  const ours = { $regex: `^${name}` };
  await catalog.dags.deleteMany({ _id: ours });
  await catalog.publishers.deleteMany({ _id: ours });
  await rm(folder, { recursive: true, force: true });
});

const dagText = (dag: string, body = "1") => `import { arrival, dag, object, task } from "sluice/sdk";
import { z } from "zod";
const count = task({ name: "count", in: object, out: z.number(), run: () => ${body} });
export default dag({ name: "${dag}", on: arrival({ container: "nowhere" }), flow(object) { count(object); } });
`;

async function write(file: string, text: string): Promise<string> {
  const path = join(folder, file);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, text);
  return path;
}

/** A worker's publisher over a folder of its own; looks at the others only when it is told to. */
async function startWorker(of: string, { queue = name, lake = stores.get("s3") } = {}) {
  const registry = await createRegistry({ folders: [join(folder, of)], cache: join(folder, "cache"), watch: false });
  const warned: string[] = [];
  const publisher = createPublisher({
    lake,
    catalog,
    ships: () => false,
    self: { _id: `${name}/${of}`, folders: [of], task_queue: queue },
    warn: (message) => warned.push(message),
    interval: 3_600_000,
  });
  const stop = () => publisher[Symbol.asyncDispose]();
  workers.defer(stop);
  await publisher.publish(registry);
  return { warned, stop, look: () => publisher.publish(registry), codeOf: (dag: string) => codeIn(publisher.inForce(), dag) };
}

const codeIn = (plans: readonly { plan: { dag: string }; code: { [task: string]: string } }[], dag: string) =>
  plans.find(({ plan }) => plan.dag === dag)?.code["count"];
const listed = async (dag: string) => (await catalog.dags.findOne({ _id: dag })) ?? undefined;
const brokenOf = async (of: string) => (await catalog.publishers.findOne({ _id: `${name}/${of}` }))?.broken ?? [];

describe("publishers of several folders", () => {
  it("remove only what they have listed themselves", async () => {
    await write("a/one.ts", dagText(`${name}-one`));
    await write("b/two.ts", dagText(`${name}-two`));
    await startWorker("a");
    await startWorker("b");
    expect(await listed(`${name}-one`)).toMatchObject({ publisher: `${name}/a` });
    await rm(join(folder, "b/two.ts"));
    await startWorker("b");
    expect(await listed(`${name}-two`)).toBeUndefined();
    expect(await listed(`${name}-one`)).toBeDefined();
  });

  it("agree where both have the same version", async () => {
    for (const of of ["a", "b"]) await write(`${of}/one.ts`, dagText(name));
    await startWorker("a");
    const second = await startWorker("b");
    expect(await brokenOf("b")).toEqual([]);
    expect(second.codeOf(name)).toBe((await listed(name))?.code["count"]);
    expect(await listed(name)).toMatchObject({ publisher: `${name}/a` });
  });

  it("keep the first of two versions in force for both, report the second, and take it once the first has gone", async () => {
    await write("a/one.ts", dagText(name, "1"));
    const file = await write("b/one.ts", dagText(name, "2"));
    const first = await startWorker("a");
    const second = await startWorker("b");
    expect(second.codeOf(name)).toBe(first.codeOf(name));
    expect(await listed(name)).toMatchObject({ publisher: `${name}/a`, code: { count: first.codeOf(name) } });
    expect(await brokenOf("b")).toMatchObject([{ file, problems: [expect.stringContaining("DAG_OF_ANOTHER_WORKER")], in_force: [] }]);
    await second.look();
    expect(second.warned).toHaveLength(1);
    await first.stop();
    await second.look();
    expect(second.codeOf(name)).not.toBe(first.codeOf(name));
    expect(await listed(name)).toMatchObject({ publisher: `${name}/b`, code: { count: second.codeOf(name) } });
    expect(await brokenOf("b")).toEqual([]);
  });

  it("keep to what workers with the same folders have in force until the last of those has stopped", async () => {
    await write("a/one.ts", dagText(name, "1"));
    await write("b/one.ts", dagText(name, "2"));
    const [first, sibling] = [await startWorker("a"), await startWorker("a")];
    const other = await startWorker("b");
    await first.stop();
    await other.look();
    expect(other.codeOf(name)).toBe(sibling.codeOf(name));
    await sibling.stop();
    await other.look();
    expect(other.codeOf(name)).not.toBe(sibling.codeOf(name));
  });

  it("leave alone a publisher that comes back as they are about to remove it, and forget its process that is gone", async () => {
    await write("a/one.ts", dagText(`${name}-one`));
    await write("b/two.ts", dagText(`${name}-two`));
    const _id = `${name}/a`;
    const crashed = { _id, folders: ["a"], task_queue: name, broken: [], processes: { crashed: new Date(0) } };
    await catalog.publishers.insertOne(crashed);
    const s3 = stores.get("s3");
    const back = async () => void (await catalog.publishers.updateOne({ _id }, { $set: { "processes.back": new Date() } }));
    await startWorker("b", { lake: { ...s3, head: (container, key) => back().then(() => s3.head(container, key)) } });
    expect(Object.keys((await catalog.publishers.findOne({ _id }))?.processes ?? {})).toEqual(["crashed", "back"]);
    await startWorker("a");
    expect(Object.keys((await catalog.publishers.findOne({ _id }))?.processes ?? {})).toEqual(["back", expect.any(String)]);
  });

  it("of other task queues have their own versions in force", async () => {
    await write("a/one.ts", dagText(name, "1"));
    await write("b/one.ts", dagText(name, "2"));
    const first = await startWorker("a");
    const second = await startWorker("b", { queue: `${name}-other` });
    expect(second.codeOf(name)).not.toBe(first.codeOf(name));
    expect(second.warned).toEqual([]);
    expect(await listed(name)).toMatchObject({ publisher: `${name}/a` });
  });

  it("remove what a publisher that has gone had listed", async () => {
    await write("a/one.ts", dagText(`${name}-one`));
    await mkdir(join(folder, "b"));
    const first = await startWorker("a");
    await first.stop();
    await startWorker("b");
    expect(await listed(`${name}-one`)).toBeUndefined();
  });
});

describe("a publisher", () => {
  it("lists files that are broken though nothing of them was ever in force", async () => {
    const file = await write("a/one.ts", dagText(name, "("));
    await startWorker("a");
    expect(await brokenOf("a")).toMatchObject([{ file, problems: [expect.stringContaining(`${file}:3:`)], in_force: [] }]);
  });

  it("that begins with a broken file leaves the last good version in force that it listed before", async () => {
    const file = await write("a/one.ts", dagText(name));
    const before = await startWorker("a");
    const good = before.codeOf(name);
    await before.stop();
    await write("a/one.ts", dagText(name, "("));
    expect((await startWorker("a")).codeOf(name)).toBe(good);
    expect(await brokenOf("a")).toMatchObject([{ file, in_force: [name] }]);
    expect(await listed(name)).toHaveProperty("broken");
  });

  it("says since when a version is in force, however often it is published", async () => {
    await write("a/one.ts", dagText(name));
    const worker = await startWorker("a");
    const published = (await listed(name))?.published;
    await worker.look();
    expect((await listed(name))?.published).toEqual(published);
  });
});
