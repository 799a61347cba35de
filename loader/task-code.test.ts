import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleFile } from "./bundle.ts";
import { taskHashes } from "./task-code.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "sluice-task-code-"))));
afterAll(() => rm(folder, { recursive: true }));

const units = `
export const factor = 2;
export const offset = 273;
export const scaled = (value: number) => value * factor;
`;
const dagFile = `
import { arrival, dag, object, task } from "sluice/sdk";
import { mongoDocuments } from "sluice/integrators";
import { z } from "zod";
import { offset, scaled } from "./units.ts";

const Weight = z.object({ weight: z.number() });
const Told = z.object({ told: z.string() });
let [runs, failures] = [0, 0];

const weigh = task({ name: "weigh", in: object, out: Weight, run: ({ size }) => ({ weight: scaled(size) }) });
const tell = task({ name: "tell", in: Weight, out: Told, run: ({ weight }) => ({ told: String(weight + offset) }) });
const count = task({ name: "count", in: Told, run: () => void runs++ });

export default dag({
  name: "weights",
  on: arrival({}),
  flow(arrived) {
    const told = tell(weigh(arrived));
    count(told);
    mongoDocuments(told, { collection: "weights" });
  },
});
`;

async function hashesOf(change: (text: string) => string = (text) => text) {
  await writeFile(join(folder, "units.ts"), change(units));
  await writeFile(join(folder, "weights.ts"), change(dagFile));
  const { bundle, problems } = await bundleFile(join(folder, "weights.ts"));
  expect(problems).toEqual([]);
  return taskHashes(bundle?.code ?? "");
}

/** The tasks whose code is another one after a change of the files. */
async function changedBy(before: string, after: string): Promise<readonly string[]> {
  expect(dagFile + units).toContain(before);
  const [then, now] = [await hashesOf(), await hashesOf((text) => text.replace(before, after))];
  return [...then.keys()].filter((name) => then.get(name) !== now.get(name));
}

describe("the code of a task", () => {
  it("stays what it was whatever changes around it", async () => {
    expect([...(await hashesOf()).keys()]).toEqual(["weigh", "tell", "count"]);
    expect(await changedBy("String(weight + offset)", "`${weight + offset} K`")).toEqual(["tell"]);
    expect(await changedBy('collection: "weights"', 'collection: "others"')).toEqual([]);
    expect(await changedBy("const weigh = task", "// a word\nconst unused = 3;\n\nconst   weigh = task")).toEqual([]);
    expect(await changedBy("const Told =", "const later = task({ name: 'later', in: object, run() {} });\nconst Told =")).toEqual([]);
  });

  it("is another one when what it reaches is, in whatever file, and through whatever it calls", async () => {
    expect(await changedBy("factor = 2", "factor = 3")).toEqual(["weigh"]);
    expect(await changedBy("offset = 273", "offset = 274")).toEqual(["tell"]);
    expect(await changedBy("weight: z.number()", "weight: z.number().min(1)")).toEqual(["weigh", "tell"]);
    expect(await changedBy("= [0, 0]", "= [1, 0]")).toEqual(["count"]);
  });

  it("is another one when a statement that stands by itself is, since that may concern any task", async () => {
    expect(await changedBy("const weigh = task", "z.config({ jitless: true });\nconst weigh = task")).toEqual(["weigh", "tell", "count"]);
  });

  it("is not told apart where its name is not written out, or is that of two", () => {
    const bundle = (names: readonly string[]) =>
      `import { task as make, object } from "sluice/sdk";\n${names.map((name, index) => `var t${index} = make({ in: object, name: ${name}, run() {} });`).join("\n")}`;
    expect([...taskHashes(bundle(['"a"', '"b"', '"b"', '"c" + 1'])).keys()]).toEqual(["a"]);
  });
});
