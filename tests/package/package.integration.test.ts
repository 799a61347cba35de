import { randomBytes } from "node:crypto";
import { globSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEnvironment } from "../../infra/config.ts";
import { createInfluxClient } from "../../infra/influx.ts";
import { stopLake } from "../../infra/local/lake.ts";
import { freePorts } from "../../infra/local/ports.ts";
import { runningProcesses } from "../../infra/local/processes.ts";
import { connectS3 } from "../../infra/local/s3.ts";
import { importsOf } from "../imports/imports-of.ts";
import { type Installation, installPackage, root } from "./installation.ts";

const name = `package-${randomBytes(4).toString("hex")}`;
const about = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
};

/** The servers of the tests, with a task queue, a landing container and a database of this file's own. */
const servers = {
  ...Object.fromEntries(Object.entries(process.env).filter(([variable]) => /^SLUICE_(TEMPORAL|S3|MONGO|INFLUX|NEO4J)_/.test(variable))),
  SLUICE_TASK_QUEUE: name,
  SLUICE_CONTAINERS: name,
  SLUICE_INFLUX_DATABASE: name,
} as Readonly<Record<string, string>>;

let installed: Installation;
beforeAll(async () => void (installed = await installPackage()), 240_000);
afterAll(() => installed?.[Symbol.asyncDispose]());

async function json(words: readonly string[], env?: Readonly<Record<string, string>>) {
  const { stdout, stderr, exitCode } = await installed.sluice([...words, "--json"], env);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(installed.folder, file);
  await writeFile(path, change(await readFile(path, "utf8")));
}

const inPackage = (pattern: string) => globSync(pattern, { cwd: installed.packageFolder });

describe("the package", () => {
  it("holds compiled code with types, and neither sources nor tests", () => {
    expect(inPackage("**/*.ts").filter((file) => !file.endsWith(".d.ts"))).toEqual([]);
    expect(inPackage("**/*{.test,.fixture,under-test}*")).toEqual([]);
    expect(inPackage("*").sort()).toEqual(["LICENSE", "README.md", "bin", "dist", "package.json"]);
  });

  it("holds what is read at run time: the DAGs that ship, the samples, the servers' sources, the workflows' bundle", () => {
    expect(inPackage("dist/dags/minimum/*").length).toBe(globSync("dags/minimum/*.ts", { cwd: root }).length);
    expect(inPackage("dist/dags/samples/files/*").length).toBe(globSync("dags/samples/files/*", { cwd: root }).length);
    expect(inPackage("dist/infra/local/java/*/*").length).toBe(globSync("infra/local/java/*/*", { cwd: root }).length);
    expect(inPackage("dist/infra/swift/sluice_webhook.py").length).toBe(1);
    expect(inPackage("dist/{workflow-bundle.cjs,workflows,workers/bundle-workflows.js}")).toEqual(["dist/workflow-bundle.cjs"]);
  });

  it("depends on the packages that its code imports, each of them and no other", async () => {
    const found = new Set<string>();
    for (const file of inPackage("dist/**/*.js")) {
      const text = await readFile(join(installed.packageFolder, file), "utf8");
      for (const { specifier } of importsOf(file, text)) {
        const [, imported] = /^(?!node:|\.|sluice\/)((?:@[^/]+\/)?[^/]+)/.exec(specifier) ?? [];
        if (imported) found.add(imported);
      }
    }
    expect([...found].sort()).toEqual(Object.keys(about.dependencies).sort());
  });

  it("holds no path of the machine that built it", async () => {
    const read = (file: string) => readFile(join(installed.packageFolder, file), "latin1");
    const texts = await Promise.all(inPackage("**/*.*").map(read));
    expect(await read("dist/workflow-bundle.cjs")).toContain("async function ingest(");
    expect(texts.some((text) => text.includes(root))).toBe(false);
  });

  it("has a command that says what it can do", async () => {
    expect((await installed.sluice(["--version"])).stdout).toBe(about.version);
    expect((await installed.sluice(["--help"])).stdout).toMatch(/up .*\n.*down .*\n/);
  });
});

describe("a DAG file written beside the package", () => {
  it("is written, and its types hold in an editor", async () => {
    await json(["dags", "new", "readings", "--dir", "dags"]);
    const tsc = () => execa(join(root, "node_modules/.bin/tsc"), ["-p", "dags"], { cwd: installed.folder, reject: false });
    expect(await tsc()).toMatchObject({ exitCode: 0, stdout: "" });
    await edit("dags/readings.ts", (text) => text.replace("Number(value)", "String(value)"));
    expect((await tsc()).stdout).toContain("Type 'string' is not assignable to type 'number'");
    await edit("dags/readings.ts", (text) => text.replace("String(value)", "Number(value)"));
  });

  it("is checked, listed with what ships, drawn and tried, without a lake", async () => {
    expect((await installed.sluice(["dags", "check", "dags"])).stdout).toContain("dags: ok");
    const listed = (await installed.sluice(["dags", "list", "--dags", "dags"])).stdout;
    expect(listed).toMatch(/readings .*dags\/readings\.ts\n/);
    expect(listed).toMatch(/csv .*ships with Sluice/);
    expect((await installed.sluice(["dags", "show", "readings", "--dags", "dags"])).stdout).toContain("parse-readings");
    const tried = await installed.sluice(["dags", "test", "readings", "dags/samples/readings.csv", "--dags", "dags"]);
    expect(tried).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("influx-points would get 2 entries") });
  });
});

describe("sluice up, with all servers named in the environment", () => {
  afterAll(() => connectS3(readEnvironment(servers)).removeBucket(name));

  it("uses them as they are: nothing is installed or started", async () => {
    const cache = await mkdtemp(join(tmpdir(), "sluice-no-cache-"));
    try {
      const home = join(installed.folder, "named");
      const { exitCode, stderr } = await installed.sluice(["up", "--servers-only", "--home", home], { ...servers, XDG_CACHE_HOME: cache });
      expect(exitCode, stderr).toBe(0);
      for (const variable of ["TEMPORAL_ADDRESS", "S3_URL", "MONGO_URL", "INFLUX_URL", "NEO4J_URL"]) {
        expect(stderr).toContain(`the one that SLUICE_${variable} names`);
      }
      expect(await readdir(cache)).toEqual([]);
      expect(globSync("{processes,logs,data}/*", { cwd: home })).toEqual([]);
      expect(await json(["down", "--home", home])).toMatchObject({ stopped: [] });
    } finally {
      await rm(cache, { recursive: true });
    }
  });
});

describe("a lake of the package", () => {
  // A store of its own, since a store posts to one gateway.
  const env = Object.fromEntries(Object.entries(servers).filter(([variable]) => !variable.startsWith("SLUICE_S3_")));
  const influx = createInfluxClient(readEnvironment(env));
  const home = () => join(installed.folder, ".sluice");

  afterAll(async () => {
    await stopLake(home());
    await influx.query(`DROP DATABASE "${name}"`);
    await influx[Symbol.asyncDispose]();
  });

  const put = (key: string) => json(["put", "dags/samples/readings.csv", "--to", name, "--key", key, "--wait"]);

  it("comes up over the servers that the environment names, with what is missing beside them", async () => {
    const ports = Object.entries(await freePorts()).map(([server, port]) => `${server}=${port}`);
    const settings = { ...env, SLUICE_DAGS: "./dags", SLUICE_PORTS: ports.join(",") };
    await edit("dags/readings.ts", (text) => text.replace(`container: "campus"`, `container: "${name}"`));
    expect(await json(["up"], settings)).toMatchObject({ home: home() });
    const started = await runningProcesses(home());
    expect(started.map(({ name: process }) => process).sort()).toEqual(["gateway", "minio", "worker"]);

    await json(["up"], Object.fromEntries(Object.entries(settings).reverse()));
    expect(await runningProcesses(home())).toEqual(started);
  });

  it("takes a file to InfluxDB by a DAG of one's own, and traces it", async () => {
    expect(await put("readings/1.csv")).toMatchObject({ ok: true, objects: [{ state: "processed" }] });
    const [[series] = []] = await influx.query(`SELECT sensor, value FROM readings`);
    expect(series?.values.map(([, ...rest]) => rest)).toEqual([
      ["roof", 21.5],
      ["yard", 4.2],
    ]);
    const { stdout } = await installed.sluice(["trace", `${name}/readings/1.csv`]);
    expect(stdout).toMatch(/✓ parse-readings .*2 rows\n.*✓ influx-points .*2 points/);
  });

  it("follows a change of the file within seconds, without a restart", async () => {
    await edit("dags/readings.ts", (text) => text.replace(`measurement: "readings"`, `measurement: "rooms"`));
    const counted = async () => {
      await put("readings/2.csv");
      return (await influx.query("SELECT count(value) FROM rooms"))[0]?.[0]?.values[0]?.[1];
    };
    await expect.poll(counted, { timeout: 20_000 }).toBe(2);
  });

  it("stops what it started, and no server that it was given", async () => {
    const { stopped } = await json(["down"]);
    expect([...(stopped as string[])].sort()).toEqual(["gateway", "minio", "worker"]);
    await expect(influx.ping()).resolves.toMatch(/^\d/);
  });
});
