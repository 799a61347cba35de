import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRegistry, type Registry } from "./registry.ts";

let folder: string;
let registry: Registry | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-registry-"));
});
afterEach(async () => {
  await registry?.[Symbol.asyncDispose]();
  registry = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

const dagText = (name: string, body = "1", imports = "") => `import { arrival, dag, object, task } from "sluice/sdk";
import { z } from "zod";
${imports}
export const count = task({ name: "count", in: object, out: z.number(), run: () => ${body} });
export default dag({ name: "${name}", on: arrival({}), flow(object) { count(object); } });
`;

async function open(folders = ["dags"]): Promise<Registry> {
  await Promise.all(folders.map((name) => mkdir(join(folder, name), { recursive: true })));
  registry = await createRegistry({ folders: folders.map((name) => join(folder, name)), cache: join(folder, "cache") });
  return registry;
}

const names = () => registry?.inForce().map(({ plan }) => plan.dag);
const codes = () => registry?.problems().map(({ code }) => code);
const hashOf = (name: string) => registry?.inForce().find(({ plan }) => plan.dag === name)?.code["count"];
const soon = { timeout: 3_000, interval: 20 };

describe("a registry", () => {
  it("loads what is in its folders, but no tests and no files that are only imported", async () => {
    await write("dags/one.ts", dagText("one"));
    await write("dags/deeper/two.mts", dagText("two"));
    await write("dags/one.test.ts", `throw new Error("loaded");`);
    await write("dags/parsing/numbers.ts", `throw new Error("loaded");`);
    await open();
    expect(names()).toEqual(["two", "one"]);
    expect(registry?.problems()).toEqual([]);
    expect(await registry?.codeOf(hashOf("one") ?? "")).toContain(`name: "one"`);
  });

  it("takes up a changed file, and one that is new, within seconds", async () => {
    await write("dags/one.ts", dagText("one"));
    await open();
    const before = hashOf("one");
    await write("dags/one.ts", dagText("one", "2"));
    await vi.waitFor(() => expect(hashOf("one")).not.toBe(before), soon);
    await write("dags/two.ts", dagText("two"));
    await vi.waitFor(() => expect(names()).toEqual(["one", "two"]), soon);
  });

  it("takes up the importers of a changed file, inside and outside of its folders", async () => {
    await write("lib/rate.ts", `export const rate = 1;`);
    await write("dags/parts/step.ts", `export const step = 1;`);
    await write(
      "dags/one.ts",
      dagText("one", "rate + step", `import { rate } from "../lib/rate.ts";\nimport { step } from "./parts/step.ts";`),
    );
    await open();
    const first = hashOf("one");
    await write("lib/rate.ts", `export const rate = 2;`);
    await vi.waitFor(() => expect(hashOf("one")).not.toBe(first), soon);
    const second = hashOf("one");
    await write("dags/parts/step.ts", `export const step = 2;`);
    await vi.waitFor(() => expect(hashOf("one")).not.toBe(second), soon);
  });

  it("reports a broken file and keeps its last good version in force until it is mended", async () => {
    await write("dags/one.ts", dagText("one"));
    await open();
    const good = hashOf("one");
    await write("dags/one.ts", dagText("one", "("));
    await vi.waitFor(() => expect(codes()).toEqual(["SYNTAX"]), soon);
    expect(registry?.problems()[0]).toMatchObject({ file: join(folder, "dags/one.ts"), line: 4 });
    expect(hashOf("one")).toBe(good);
    expect(await registry?.codeOf(good ?? "")).toBeDefined();
    await write("dags/one.ts", dagText("one", "3"));
    await vi.waitFor(() => expect(codes()).toEqual([]), soon);
    expect(hashOf("one")).not.toBe(good);
  });

  it("mends a file once the one that it lacked is there", async () => {
    await write("dags/one.ts", dagText("one", "rate", `import { rate } from "./parts/rate.ts";`));
    await open();
    expect(codes()).toEqual(["IMPORT_NOT_FOUND"]);
    expect(names()).toEqual([]);
    await write("dags/parts/rate.ts", `export const rate = 1;`);
    await vi.waitFor(() => expect(names()).toEqual(["one"]), soon);
  });

  it.each([
    ["emptied", ""],
    ["robbed of its export", dagText("one").replace("export default dag", "const lost = dag").replace("export const count", "const count")],
  ])("reports a file that was %s, and keeps its last good version in force", async (_, text) => {
    const file = await write("dags/one.ts", dagText("one"));
    await open();
    const good = hashOf("one");
    await write("dags/one.ts", text);
    await vi.waitFor(() => expect(registry?.broken()).toMatchObject([{ file, problems: [{ code: "NO_DAG", file }] }]), soon);
    expect(registry?.problems()[0]?.message).toContain("defined one");
    expect(hashOf("one")).toBe(good);
    expect(await registry?.codeOf(good ?? "")).toBeDefined();
    await rm(file);
    await vi.waitFor(() => expect(names()).toEqual([]), soon);
    expect(codes()).toEqual([]);
  });

  it("takes a DAG from the file that it was moved to", async () => {
    await write("dags/a.ts", dagText("one"));
    await open();
    const moved = await write("dags/b.ts", dagText("one", "2"));
    await vi.waitFor(() => expect(codes()).toEqual(["TWO_DAGS_OF_ONE_NAME"]), soon);
    await write("dags/a.ts", "");
    await vi.waitFor(() => expect(codes()).toEqual([]), soon);
    expect(registry?.inForce()[0]?.file).toBe(moved);
  });

  it("says which DAG file is broken where the mistake stands in one that it imports", async () => {
    const file = await write("dags/one.ts", dagText("one", "rate", `import { rate } from "./parts/rate.ts";`));
    const part = await write("dags/parts/rate.ts", `export const rate = ;`);
    await open();
    expect(registry?.broken()).toMatchObject([{ file, problems: [{ code: "SYNTAX", file: part }] }]);
  });

  it("expects a DAG or a task of a file that works with Sluice, unless another one imports it or it takes types alone", async () => {
    await write("dags/one.ts", dagText("one", "bad", `import { bad } from "./helper.ts";`));
    await write("dags/helper.ts", `import { terminal } from "sluice/sdk";\nexport const bad = () => terminal("BAD", "It is bad.");`);
    await write("dags/sizes.ts", `import type { LakeObject } from "sluice/sdk";\nexport const sizeOf = ({ size }: LakeObject) => size;`);
    const forgotten = await write("dags/forgotten.ts", dagText("forgotten").replaceAll("export default ", "").replaceAll("export ", ""));
    await open();
    expect(registry?.problems()).toMatchObject([{ code: "NO_DAG", file: forgotten }]);
    expect(names()).toEqual(["one"]);
  });

  it("takes the same version in two files for one", async () => {
    await write("a/one.ts", dagText("same"));
    await write("b/one.ts", dagText("same"));
    await open(["a", "b"]);
    expect([names(), codes()]).toEqual([["same"], []]);
  });

  it("drops the DAGs of a removed file", async () => {
    const file = await write("dags/one.ts", dagText("one"));
    await write("dags/two.ts", dagText("two"));
    await open();
    await rm(file);
    await vi.waitFor(() => expect(names()).toEqual(["two"]), soon);
  });

  it("reports a second DAG of one name; the first in the order of the folders stays in force", async () => {
    await write("a/z.ts", dagText("same", "1"));
    const second = await write("b/a.ts", dagText("same", "2"));
    await open(["a", "b"]);
    expect(names()).toEqual(["same"]);
    expect(registry?.inForce()[0]?.file).toBe(join(folder, "a/z.ts"));
    expect(registry?.problems()).toMatchObject([
      { code: "TWO_DAGS_OF_ONE_NAME", file: second, message: expect.stringContaining(join(folder, "a/z.ts")) },
    ]);
  });

  it("compiles plans written as JSON over the tasks of its files, and follows those tasks", async () => {
    await write("dags/one.ts", dagText("one"));
    await write(
      "dags/two.dag.json",
      JSON.stringify({ dag: "two", on: { container: "campus" }, nodes: { n: { task: "count", input: { from: "object" } } } }),
    );
    await open();
    expect(names()).toEqual(["one", "two"]);
    expect(hashOf("two")).toBe(hashOf("one"));
    const before = hashOf("two");
    await write("dags/one.ts", dagText("one", "2"));
    await vi.waitFor(() => expect(hashOf("two")).not.toBe(before), soon);
    expect(hashOf("two")).toBe(hashOf("one"));
  });
});
