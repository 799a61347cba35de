import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundleText, loadTasks } from "./code.ts";
import { loadDagFile } from "./load.ts";

let folder: string;
let cache: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-load-"));
  cache = join(folder, "cache");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

const load = (file: string) => loadDagFile(file, { cache });
const found = async (text: string) => (await load(await write("d.ts", text))).problems.map(({ code, line }) => `${line} ${code}`);

const campus = `import { arrival, dag, match, mime, object, rows, task } from "sluice/sdk";
import { influxPoints } from "sluice/integrators";
import { z } from "zod";
import { fields } from "./parts/fields.ts";

const Reading = z.object(fields);
export const parseCsv = task({ name: "parse-csv", in: object, out: rows(Reading), async *run(object: { text(): Promise<string> }) { yield { sensor: await object.text(), value: 1, time: new Date(0) }; } });
const parseJson = task({ name: "parse-json", in: object, out: rows(Reading), async *run() {} });

export default dag({
  name: "campus-readings",
  on: arrival({ container: "campus", types: [mime.csv, mime.json] }),
  flow(object) {
    const readings = match(object.type, {
      [mime.csv]: () => parseCsv(object),
      [mime.json]: () => parseJson(object),
    });
    influxPoints(readings, { measurement: "readings", tags: ["sensor"], time: "time" });
  },
});
`;
const fields = `import { z } from "zod";\nexport const fields = { sensor: z.string(), value: z.number(), time: z.date() };\n`;

const head = `import { after, arrival, dag, map, match, mime, object, rows, rule, task } from "sluice/sdk";
import { z } from "zod";
const parse = task({ name: "parse", in: object, out: z.object({ n: z.number() }), run: () => ({ n: 1 }) });
`;
const dagOf = (flow: string) =>
  `${head}export default dag({ name: "d", on: arrival({ types: ["text/csv"] }), flow(object) {\n${flow}\n} });\n`;

describe("loadDagFile", () => {
  it("makes plans with code hashes, and finds the tasks that are not exported too", async () => {
    await write("dags/parts/fields.ts", fields);
    const loaded = await load(await write("dags/campus.ts", campus));
    expect(loaded.problems).toEqual([]);
    expect(loaded.dags.map(({ plan }) => plan.dag)).toEqual(["campus-readings"]);
    expect(loaded.dags[0]?.code).toEqual({ "parse-csv": loaded.codeHash, "parse-json": loaded.codeHash });
    expect([...loaded.tasks.keys()].sort()).toEqual(["parse-csv", "parse-json"]);
    expect([...loaded.inputs].sort()).toEqual([join(folder, "dags/campus.ts"), join(folder, "dags/parts/fields.ts")]);
  });

  it("knows where in the user's files the nodes stand", async () => {
    await write("dags/parts/fields.ts", fields);
    const file = await write("dags/campus.ts", campus);
    const places = (await load(file)).dags[0]?.places;
    expect(places?.get("parse-csv")).toMatchObject({ file, line: 15 });
    expect(places?.get("match")).toMatchObject({ file, line: 14 });
    expect(places?.get("influx-points")).toMatchObject({ file, line: 18 });
  });

  it("gives the same hashes to the same files in another folder, and other ones once a body changed", async () => {
    await write("one/dags/parts/fields.ts", fields);
    const one = await load(await write("one/dags/campus.ts", campus));
    await cp(join(folder, "one"), join(folder, "two words/deeper"), { recursive: true });
    const two = await load(join(folder, "two words/deeper/dags/campus.ts"));
    expect(two.problems).toEqual([]);
    expect(two.codeHash).toBe(one.codeHash);
    expect(two.dags[0]?.hash).toBe(one.dags[0]?.hash);
    const changed = await load(await write("one/dags/campus.ts", campus.replace("value: 1,", "value: 2,")));
    expect(changed.codeHash).not.toBe(one.codeHash);
    expect(changed.dags[0]?.hash).toBe(one.dags[0]?.hash);
  });

  it("bundles packages of the user's own, else Sluice's, without a path of the machine", async () => {
    await write("user/node_modules/left/package.json", `{"name":"left","version":"1.0.0","main":"index.js"}`);
    await write("user/node_modules/left/index.js", `const os = require("os"); module.exports = { platform: () => os.platform() };`);
    const text = `import left from "left";\nimport { parse } from "csv-parse/sync";\n${head.replaceAll("parse =", "read =")}
export const look = task({ name: "look", run: () => left.platform() + parse("a,b").length });`;
    const loaded = await load(await write("user/dags/d.ts", text));
    expect(loaded.problems).toEqual([]);
    const code = await bundleText(loaded.codeHash, cache);
    const tasks = await loadTasks(code, loaded.codeHash, cache);
    expect(tasks.get("look")?.run?.(undefined as never, undefined as never)).toBe(`${process.platform}1`);
    const map = Buffer.from(/base64,(.+)\n$/.exec(code)?.[1] ?? "", "base64").toString();
    expect(code.replace(/base64,.*/, "") + map).not.toContain("../node_modules");
    expect(code + map).not.toContain(folder);
  });

  it("accepts several DAGs of one file, and a file with tasks alone", async () => {
    const two = `${head}const make = (name: string) => dag({ name, on: arrival({}), flow(object) { parse(object); } });
export const one = make("one"); export default make("two");`;
    expect((await load(await write("two.ts", two))).dags.map(({ plan }) => plan.dag).sort()).toEqual(["one", "two"]);
    const tasks = await load(await write("tasks.ts", head.replace("const parse", "export const parse")));
    expect([...tasks.tasks.keys()]).toEqual(["parse"]);
    expect(tasks.problems).toEqual([]);
  });
});

describe("loadDagFile reports, with its line,", () => {
  it("a package that is not installed, and what to do", async () => {
    const { problems } = await load(await write("d.ts", `import { z } from "zod";\nimport x from "no-such-package/deep";\nx(z);`));
    expect(problems).toMatchObject([
      { code: "IMPORT_NOT_FOUND", file: join(folder, "d.ts"), line: 2, message: expect.stringContaining("npm install no-such-package") },
    ]);
  });

  it.each([
    ["a file that is not there", `import { x } from "./nowhere.ts";\nx();`, ["1 IMPORT_NOT_FOUND"]],
    ["a part of Sluice that is not there", `\nimport { x } from "sluice/engine";\nx();`, ["2 IMPORT_NOT_FOUND"]],
    ["broken syntax", `const a = 1;\nconst b = ;\n`, ["2 SYNTAX"]],
    ["a file that throws", `const x: { y?: { z: number } } = {};\n\nexport const a = x.y!.z;\n`, ["3 FILE_THREW"]],
    [
      "a misspelt option of arrival",
      `${head}\nexport default dag({ name: "d",\n  on: arrival({ containers: "x" }), flow(object) { parse(object); } });`,
      ["6 UNKNOWN_OPTION"],
    ],
    [
      "every wrong call outside of a flow, and what is wrong in the flow as well",
      `${head}export const idle = task({ name: "idle", retri: {} });
export const slow = task({ name: "slow", timeout: "soon", run() {} });
export default dag({ name: "d",
  on: arrival({ containers: "x" }), flow(object) { slow(); map(object.key, () => {}, { concurency: 2 }); }, flaw: 1 });`,
      ["4 UNKNOWN_OPTION", "4 WRONG_OPTION", "5 WRONG_OPTION", "6 UNKNOWN_OPTION", "7 UNKNOWN_OPTION", "7 UNKNOWN_OPTION"],
    ],
    [
      "a wrong call before the file throws",
      `${head}export const idle = task({ name: "idle", retri: {}, run() {} });\nthrow new Error("broken");`,
      ["4 UNKNOWN_OPTION", "5 FILE_THREW"],
    ],
    ["a task without a body", `${head}export const idle = task({ name: "idle" });`, ["4 WRONG_OPTION"]],
    [
      "a misspelt option of map",
      dagOf(`const list = task({ name: "list", out: z.array(z.string()), run: () => [] });\nmap(list(), () => {}, { concurency: 2 });`),
      ["6 UNKNOWN_OPTION"],
    ],
    [
      "two tasks of one name",
      `${head}export const again = task({ name: "parse", run() {} });\nexport { parse };`,
      ["4 TWO_TASKS_OF_ONE_NAME"],
    ],
    [
      "an unreachable branch",
      dagOf(
        `match(object.type, {\n  "text/csv": () => { parse(object); },\n  "image/png": () => { parse(object); },\n  otherwise: () => {} });`,
      ),
      ["5 UNREACHABLE_BRANCH"],
    ],
    [
      "a constant that cannot be serialised",
      dagOf(`const fn = task({ name: "fn", in: z.any(), run() {} });\nfn(\n() => 1);`),
      ["6 UNSERIALISABLE_CONSTANT"],
    ],
    ["a map over what is no list", dagOf(`map(parse(object) as never, () => { parse(object); });`), ["5 MAP_NOT_LIST"]],
    ["a comparison, once", dagOf(`parse(object);\nif (object.size > 3) parse(object);`), ["6 COMPARED_SYMBOL"]],
    ["a truth test", dagOf(`if (parse(object).n) parse(object);`), ["5 TESTED_SYMBOL"]],
    ["a print", dagOf("parse(object);\nconst name = `${object.key}`;"), ["6 PRINTED_SYMBOL"]],
    ["an async flow", dagOf(`parse(object);`).replace("flow(", "async flow("), ["4 ASYNC_FLOW"]],
    ["a call of a list's method, once", dagOf(`parse(object);\n(parse(object) as never as string[]).map((x) => x);`), ["6 CALLED_SYMBOL"]],
    [
      "a flow that differs from run to run",
      `${head}let n = 0;\nexport default dag({ name: "d", on: arrival({}), flow(object) { if (n++ === 0) parse(object); parse(object); } });`,
      ["5 FLOW_NOT_DETERMINISTIC"],
    ],
    [
      "everything at once",
      dagOf(`if (object.key) parse(object);\nmap(parse(object) as never, () => { parse(object); });\nconst s = String(object.size);`),
      ["5 TESTED_SYMBOL", "6 MAP_NOT_LIST", "7 PRINTED_SYMBOL"],
    ],
  ])("%s", async (_, text, expected) => {
    expect(await found(text)).toEqual(expected);
  });

  it("a problem in an imported file, at its place there", async () => {
    const part = await write(
      "parts/store.ts",
      `import { task } from "sluice/sdk";\nexport const store = (o: { size: number }) => {\n  if (o.size) return;\n};\n`,
    );
    const file = await write("d.ts", `import { store } from "./parts/store.ts";\n${dagOf(`store(object as never); parse(object);`)}`);
    expect((await load(file)).problems).toMatchObject([{ code: "TESTED_SYMBOL", file: part, line: 3 }]);
  });
});

describe("loadTasks", () => {
  it("refuses code that is not what its hash says", async () => {
    await expect(loadTasks("export {};", "0".repeat(64), cache)).rejects.toMatchObject({ code: "CODE_CORRUPT", kind: "terminal" });
  });
});
