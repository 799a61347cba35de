import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-dags-"));
  await sluice("dags", "new", "roof");
  await writeFile(
    join(folder, "bad.ts"),
    `import { arrival, dag, object, task } from "sluice/sdk";
const parse = task({ name: "parse", in: object, run() {} });
export default dag({ name: "bad", on: arrival(), flow(object) {
  parse(object);
  if (object.size > 3) parse(object);
} });
`,
  );
}, 30_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** The real command, in the folder of a user, without the DAGs that ship. */
function sluice(...words: string[]): Promise<Ended> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, [main, ...words], {
    cwd: folder,
    env: { PATH, NODE_COMPILE_CACHE, HOME: folder, SLUICE_SHIPPED_DAGS: "false", SLUICE_DAGS: "dags" },
  });
  const read = async (stream: AsyncIterable<Buffer>) => Buffer.concat(await Array.fromAsync(stream)).toString();
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  return Promise.all([code, read(child.stdout), read(child.stderr)]).then(([ended, stdout, stderr]) => ({ code: ended, stdout, stderr }));
}

describe("sluice dags", { timeout: 30_000 }, () => {
  it("check: a file is ok, or has its problems with file, line and column, and exit code 1", async () => {
    expect(await sluice("dags", "check", "dags/roof.ts")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^dags\/roof\.ts: ok\n {2}roof {2}plan [0-9a-f]{12}/),
    });
    const bad = await sluice("dags", "check", "dags/roof.ts", "bad.ts");
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain("\nbad.ts:5:7 COMPARED_SYMBOL `object.size` is compared");
    const json = await sluice("dags", "check", "bad.ts", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, files: [{ problems: [{ code: "COMPARED_SYMBOL", line: 5, column: 7 }] }] });
    expect(json.code).toBe(1);
  });

  it("check: what a DAG file prints is kept from stdout, which is one JSON value", async () => {
    const text = await readFile(join(folder, "dags/roof.ts"), "utf8");
    await writeFile(
      join(folder, "loud.ts"),
      `import { log } from "node:console";\nlog("loading");\n${text.replace("flow(object) {", `flow(object) {\nconsole.log("flow"); console.table([1]);`)}`,
    );
    const { code, stdout, stderr } = await sluice("dags", "check", "loud.ts", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^loading\nflow\n/);
  });

  it("check: a file that others import need not define a DAG", async () => {
    await mkdir(join(folder, "parts"), { recursive: true });
    await writeFile(
      join(folder, "parts/limit.ts"),
      `import { terminal } from "sluice/sdk";\nexport const tooMany = () => terminal("MANY", "Too many.");\n`,
    );
    expect(await sluice("dags", "check", "parts/limit.ts")).toMatchObject({ code: 1, stdout: expect.stringContaining("NO_DAG") });
    await writeFile(join(folder, "uses.ts"), `export * from "./dags/roof.ts";\nexport { tooMany } from "./parts/limit.ts";\n`);
    expect(await sluice("dags", "check", "parts/limit.ts", "uses.ts")).toMatchObject({ code: 0 });
  });

  it("check: a file that is not there is said in a sentence", async () => {
    expect(await sluice("dags", "check", "nowhere.ts")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("There is no file or folder nowhere.ts"),
    });
  });

  it("list and show: the DAGs of the folders, drawn, as Mermaid and as a plan", async () => {
    expect((await sluice("dags", "list")).stdout).toMatch(
      /roof +campus: text\/csv \(key roof\/\*\*\) +0 +influx-points +[0-9a-f]{12} +dags\/roof\.ts/,
    );
    expect((await sluice("dags", "show", "roof")).stdout).toContain("│ parse-roof ");
    expect((await sluice("dags", "show", "roof", "--mermaid")).stdout).toMatch(/^flowchart TD/);
    expect(JSON.parse((await sluice("dags", "show", "roof", "--json")).stdout)).toMatchObject({ format: "sluice.plan/1", dag: "roof" });
    expect(await sluice("dags", "show", "rof")).toMatchObject({ code: 1, stderr: expect.stringContaining("Known are: roof") });
  });

  it("test: runs the real bodies on a local file and says what each sink would get", async () => {
    const run = await sluice("dags", "test", "roof", "dags/samples/roof.csv", "--rows", "1");
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toContain("✓ parse-roof  2 rows");
    expect(run.stdout).toContain("→ influx-points would get 2 entries");
    expect(run.stdout).toContain("{ sensor: 'roof', time: 2026-01-01T00:00:00.000Z, value: 21.5 }\n    … and 1 more");
    const json = JSON.parse((await sluice("dags", "test", "roof", "dags/samples/roof.csv", "--json")).stdout);
    expect(json).toMatchObject({ status: "success", wrote: false, sinks: [{ node: "influx-points", rows: 2 }] });
  });

  it("test: a failing body fails the command with its reason and place", async () => {
    await writeFile(join(folder, "wrong.csv"), "sensor,time,value\nroof,2026-01-01,1\n,2026-01-01,2\n");
    const run = await sluice("dags", "test", "roof", "wrong.csv");
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("NO_SENSOR: Row 2 has no sensor.");
    expect(run.stdout).toContain("(row 2, field sensor)");
    expect(run.stdout.match(/has no sensor/g)).toHaveLength(1);
    expect(run.stdout).toContain("- influx-points  upstream failed: parse-roof");
  });

  it("test: says where the object would not start the DAG", async () => {
    await writeFile(join(folder, "a.json"), "[]");
    expect((await sluice("dags", "test", "roof", "a.json")).stderr).toContain(`its type is application/json, and the DAG takes text/csv`);
  });

  it("test: says where container or key would not start the DAG, and chooses ones that would", async () => {
    const test = async (...options: string[]) => (await sluice("dags", "test", "roof", "dags/samples/roof.csv", ...options)).stderr;
    expect(await test()).toBe("");
    expect(await test("--key", "yard.csv")).toContain("its key is yard.csv, and the DAG takes roof/**. --key says another.");
    expect(await test("--container", "factory")).toContain("its container is factory, and the DAG takes campus.");
  });

  it("list: a folder that is not there is said by its name", async () => {
    expect(await sluice("dags", "list", "--dags", "nowhere")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("there is no folder nowhere"),
    });
  });

  it("new: overwrites nothing, and refuses a name that is none", async () => {
    const before = await readFile(join(folder, "dags/roof.ts"), "utf8");
    expect(await sluice("dags", "new", "roof")).toMatchObject({ code: 1, stderr: expect.stringContaining("is there already") });
    expect(await readFile(join(folder, "dags/roof.ts"), "utf8")).toBe(before);
    expect(await sluice("dags", "new", "Roof!")).toMatchObject({ code: 1, stderr: expect.stringContaining("expected up to 64") });
  });

  it("new: refuses the name of a DAG that ships", async () => {
    const environment = { PATH: process.env["PATH"], HOME: folder };
    const child = spawn(process.execPath, [main, "dags", "new", "csv", "--dir", "named"], { cwd: folder, env: environment });
    const said = Buffer.concat(await Array.fromAsync(child.stderr)).toString();
    expect(said).toContain(`A DAG "csv" ships with Sluice. Choose another name, e.g. my-csv`);
    expect(existsSync(join(folder, "named"))).toBe(false);
  });

  it("new: what it writes passes the type checker with the tsconfig beside it", async () => {
    await mkdir(join(folder, "typed"), { recursive: true });
    await sluice("dags", "new", "typed", "--dir", "typed");
    const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
    const child = spawn(process.execPath, [tsc, "-p", "typed"], { cwd: folder });
    const said = Buffer.concat(await Array.fromAsync(child.stdout)).toString();
    expect(said).toBe("");
  });
});
