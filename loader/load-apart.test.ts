import { access, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadApart } from "./load-apart.ts";
import { createRegistry } from "./registry.ts";

let folder: string;
let resources: AsyncDisposableStack;

beforeEach(async () => {
  resources = new AsyncDisposableStack();
  folder = await mkdtemp(join(tmpdir(), "sluice-apart-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "dags"));
});
afterEach(() => resources.disposeAsync());

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, "dags", name);
  await writeFile(file, text);
  return file;
}

const dagText = (name: string, atTop = "") => `import { arrival, dag, object, task } from "sluice/sdk";
import { z } from "zod";
${atTop}
export const count = task({ name: "count", in: object, out: z.number(), run: () => 1 });
export default dag({ name: "${name}", on: arrival({}), flow(object) { count(object); } });
`;

const cache = () => join(folder, "cache");
const open = (patience?: number) => resources.use(loadApart({ cache: cache(), ...(patience !== undefined && { patience }) }));

async function loadOne(atTop: string) {
  const file = await write("one.ts", dagText("one", atTop));
  return await open().load(file, new Map());
}

const soon = { timeout: 8_000, interval: 20 };

describe("a file loaded by a process of its own", { timeout: 30_000 }, () => {
  it("gives plans, hashes and specs, and leaves its code in the cache", async () => {
    const { problems, dags, tasks, codeHash, inputs, file } = await loadOne("");
    expect(problems).toEqual([]);
    expect(dags).toMatchObject([{ plan: { dag: "one", nodes: [{ task: "count" }] }, code: { count: codeHash }, file }]);
    expect(tasks.get("count")).toMatchObject({ name: "count", spec: { kind: "code" }, place: { line: 4 } });
    expect(inputs).toEqual([file]);
    expect(await readdir(cache())).toEqual([`${codeHash}.mjs`]);
  });

  it("is not loaded into this one", async () => {
    await loadOne(`(globalThis as { loaded?: true }).loaded = true;`);
    expect(globalThis).not.toHaveProperty("loaded");
  });

  it.each([
    ["throws", `throw new Error("no");`, "no"],
    ["throws after it was loaded", `setTimeout(() => { throw new Error("late"); }, 50);`, "late"],
    ["rejects where nobody listens", `void Promise.reject(new Error("unheard"));`, "unheard"],
    ["ends its process", `process.exit(0);`, "process.exit(0)"],
  ])("is reported with the line where it %s", async (_, atTop, message) => {
    const { problems, file } = await loadOne(atTop);
    expect(problems).toMatchObject([{ code: "FILE_THREW", file, line: 3, message: expect.stringContaining(message) }]);
  });

  it.each([
    ["loops forever", `for (;;);`, "nothing was heard for 4 s"],
    ["waits forever", `await new Promise(() => {});`, "nothing was heard for 4 s"],
    ["kills its process", `process.kill(process.pid, "SIGKILL");`, "SIGKILL"],
  ])("is reported where it %s, and the next one is loaded all the same", async (_, atTop, how) => {
    const loader = open(4_000);
    const bad = await write("bad.ts", dagText("bad", atTop));
    const good = await write("good.ts", dagText("good"));
    const { problems, inputs } = await loader.load(bad, new Map());
    expect(problems).toMatchObject([{ code: "FILE_NOT_LOADED", file: bad, message: expect.stringContaining(how) }]);
    expect(inputs).toEqual([bad]);
    expect((await loader.load(good, new Map())).dags).toMatchObject([{ plan: { dag: "good" } }]);
  });
});

describe("the process that loads files", { timeout: 30_000 }, () => {
  /** After a file has been watched for errors. */
  const later = (what: string) =>
    `import { writeFileSync } from "node:fs";
setTimeout(() => { writeFileSync(${JSON.stringify(join(folder, "later"))}, ""); ${what} }, 1_100);`;

  it("is ended where a file that it loaded keeps it busy for ever", async () => {
    const loader = open(3_000);
    const busy = await write("busy.ts", dagText("busy", later("for (;;);")));
    expect((await loader.load(busy, new Map())).problems).toEqual([]);
    await vi.waitFor(() => access(join(folder, "later")), soon);
    await expect(loader[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });

  it("is replaced where a file that it loaded ends it afterwards", async () => {
    const loader = open();
    const late = await write("late.ts", dagText("late", later(`process.kill(process.pid, "SIGKILL");`)));
    const good = await write("good.ts", dagText("good"));
    expect((await loader.load(late, new Map())).problems).toEqual([]);
    await vi.waitFor(() => access(join(folder, "later")), soon);
    await vi.waitFor(async () => expect((await loader.load(good, new Map())).dags).toMatchObject([{ plan: { dag: "good" } }]), soon);
  });
});

describe("a registry that loads apart", { timeout: 30_000 }, () => {
  const registry = async () => resources.use(await createRegistry({ folders: [join(folder, "dags")], cache: cache(), apart: true }));

  it("has the same in force as one that loads here, plans written as JSON among it", async () => {
    await write("one.ts", dagText("one"));
    const node = { task: "count", input: { from: "object" } };
    await write("two.dag.json", JSON.stringify({ dag: "two", on: { container: "campus" }, nodes: { n: node } }));
    const [apart, here] = [
      await registry(),
      resources.use(await createRegistry({ folders: [join(folder, "dags")], cache: cache(), watch: false })),
    ];
    const published = (of: typeof apart) => of.inForce().map(({ plan, hash, code }) => ({ plan, hash, code }));
    expect(published(apart)).toEqual(published(here));
    expect(published(apart).map(({ plan }) => plan.dag)).toEqual(["one", "two"]);
    expect(await apart.codeOf(apart.inForce()[0]?.code["count"] ?? "")).toContain(`name: "one"`);
  });

  it("keeps the last good version of a file that ends its process, and takes the mended one", async () => {
    await write("one.ts", dagText("one"));
    const opened = await registry();
    const good = opened.inForce()[0]?.code;
    await write("one.ts", dagText("one", `process.kill(process.pid, "SIGKILL");`));
    await vi.waitFor(() => expect(opened.problems()).toMatchObject([{ code: "FILE_NOT_LOADED" }]), soon);
    expect(opened.inForce()[0]?.code).toEqual(good);
    await write("one.ts", dagText("one", `export const mended = true;`));
    await vi.waitFor(() => expect(opened.problems()).toEqual([]), soon);
    expect(opened.inForce()[0]?.code).not.toEqual(good);
  });
});
