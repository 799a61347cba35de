import { createServer } from "node:net";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePorts } from "./ports.ts";
import { runningProcesses, stopProcess } from "./processes.ts";
import { ensureService } from "./service.ts";

const listener = (port: number, mark = "") => ({
  command: process.execPath,
  args: ["-e", `require("node:http").createServer((q, r) => r.end("${mark}")).listen(${port}, "127.0.0.1")`],
});

describe("ensureService", () => {
  let home: string;
  let port: number;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "sluice-service-"));
    port = (await freePorts()).gateway;
  });

  afterEach(async () => {
    for (const record of await runningProcesses(home)) await stopProcess(home, record, 100);
    await rm(home, { recursive: true });
  });

  const service = (launch: { command: string; args: string[] }) => ({
    name: "web",
    title: "The web",
    home,
    launch,
    ports: [port],
    portAdvice: "Choose another.",
    check: async () => (await fetch(`http://127.0.0.1:${port}`)).text(),
  });

  it("starts it once, finds it running, and starts it anew when its settings change", async () => {
    expect(await ensureService(service(listener(port, "one")))).toEqual({ health: "one", started: true });
    expect(await ensureService(service(listener(port, "one")))).toEqual({ health: "one", started: false });
    expect(await ensureService(service(listener(port, "two")))).toEqual({ health: "two", started: true });
  });

  it("names the port that another program has, and what to do", async () => {
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    await expect(ensureService(service(listener(port)))).rejects.toThrow(
      `The web needs port ${port} of 127.0.0.1, on which another program listens. Choose another.`,
    );
    other.close();
  });

  it("tells how it ended and what its log says, when it ends instead of answering", async () => {
    const launch = { command: process.execPath, args: ["-e", "console.error('no disk left'); process.exit(3)"] };
    await expect(ensureService(service(launch))).rejects.toThrow(/The web ended with code 3;.*web\.log ends with:\nno disk left/s);
  });
});
