import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runningProcesses, startProcess, stopProcess } from "../../infra/local/processes.ts";
import { watchProcesses } from "./stay.ts";

let home: string;
beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), "sluice-stay-"))));
afterEach(async () => {
  for (const record of await runningProcesses(home)) await stopProcess(home, record);
  await rm(home, { recursive: true, force: true });
});

const start = (name: string) => startProcess(home, name, 0, { command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"] });

describe("watchProcesses", () => {
  it("names a process once that ends by itself, with its log", async () => {
    const [one] = await Promise.all([start("one"), start("two")]);
    const watch = await watchProcesses(home);
    expect(await watch.look()).toEqual({ ended: [], stopped: false });
    process.kill(one.record.pid, "SIGKILL");
    await one.exited;
    const ended = [{ name: "one", log: one.log }];
    await expect.poll(() => watch.look()).toEqual({ ended, stopped: false });
    expect(await watch.look()).toEqual({ ended: [], stopped: false });
  });

  it("says that the lake was stopped once all have been stopped on purpose, and names none of them", async () => {
    const [one, two] = await Promise.all([start("one"), start("two")]);
    const watch = await watchProcesses(home);
    await stopProcess(home, one.record);
    expect(await watch.look()).toEqual({ ended: [], stopped: false });
    await stopProcess(home, two.record);
    expect(await watch.look()).toEqual({ ended: [], stopped: true });
  });
});
