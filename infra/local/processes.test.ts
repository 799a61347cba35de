import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identityOf } from "./process-identity.ts";
import { runningProcess, runningProcesses, startProcess, stopProcess } from "./processes.ts";

const nodeProgram = (script: string) => ({ command: process.execPath, args: ["-e", script] });
const idle = nodeProgram("setInterval(() => {}, 1e6)");

describe("processes of the lake", () => {
  let home: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "sluice-processes-"));
  });

  afterEach(async () => {
    for (const record of await runningProcesses(home)) await stopProcess(home, record, 100);
    await rm(home, { recursive: true });
  });

  it("are found by name until they are stopped", async () => {
    const { record } = await startProcess(home, "idler", 1, idle);
    expect(await runningProcess(home, "idler")).toEqual(record);
    await stopProcess(home, record);
    expect(await runningProcess(home, "idler")).toBeUndefined();
    expect(await identityOf(record.pid)).toBeUndefined();
  });

  it("are killed when they do not end by themselves", async () => {
    const { record, log } = await startProcess(
      home,
      "stubborn",
      1,
      nodeProgram("process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log('deaf')"),
    );
    await expect.poll(() => readFile(log, "utf8")).toContain("deaf");
    await stopProcess(home, record, 200);
    expect(await identityOf(record.pid)).toBeUndefined();
  });

  it("take those with them that they have started", async () => {
    const { log, record } = await startProcess(
      home,
      "parent",
      1,
      nodeProgram(
        "const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);" +
          "console.log(child.pid); setInterval(() => {}, 1e6)",
      ),
    );
    await expect.poll(() => readFile(log, "utf8")).toMatch(/\d+\n/);
    const child = Number(await readFile(log, "utf8"));
    await stopProcess(home, record);
    await expect.poll(() => identityOf(child)).toBeUndefined();
  });

  it("are never confused with a later process of the same number", async () => {
    const { record } = await startProcess(home, "idler", 1, idle);
    const file = join(home, "processes", "old.json");
    const recycled = { ...record, name: "old", identity: "1" };
    await writeFile(file, JSON.stringify(recycled));
    expect(await runningProcess(home, "old")).toBeUndefined();
    await stopProcess(home, recycled, 100);
    expect(await identityOf(record.pid)).toBe(record.identity);
  });

  it("do not see the settings of whoever starts them", async () => {
    process.env["SLUICE_SECRET_OF_THE_TEST"] = "1";
    const { log } = await startProcess(home, "env", 1, {
      ...nodeProgram("console.log(JSON.stringify([process.env.SLUICE_SECRET_OF_THE_TEST ?? null, process.env.SLUICE_GIVEN]))"),
      env: { SLUICE_GIVEN: "yes" },
    });
    delete process.env["SLUICE_SECRET_OF_THE_TEST"];
    await expect.poll(() => readFile(log, "utf8")).toBe('[null,"yes"]\n');
  });

  it("say which program is missing", async () => {
    const starting = startProcess(home, "ghost", 1, { command: "no-such-program-anywhere", args: [] });
    await expect(starting).rejects.toThrow(/ghost could not be started: `no-such-program-anywhere`.*ENOENT/);
  });
});
