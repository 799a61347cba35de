import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { readEnvironment } from "../infra/config.ts";
import { installRuntime } from "./runtime.ts";

const log = pino({ level: "silent" });
const env = readEnvironment();
const taken = createServer();
afterEach(async () => {
  taken.close();
  await Runtime.instance().shutdown();
});

async function takePort(): Promise<number> {
  await once(taken.listen(0, "127.0.0.1"), "listening");
  return (taken.address() as AddressInfo).port;
}

describe("the metrics of a worker", () => {
  it("are served to Prometheus, with its task queue and its site", async () => {
    const port = await takePort();
    await new Promise((closed) => taken.close(closed));
    installRuntime({ SLUICE_METRICS_PORT: port, SLUICE_SITE: "harbour" }, log);
    const taskQueue = `metrics-${randomBytes(4).toString("hex")}`;
    const connection = await NativeConnection.connect({ address: env.SLUICE_TEMPORAL_ADDRESS });
    const worker = await Worker.create({ connection, taskQueue, activities: { none: async () => undefined } });
    const metrics = async () => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    await worker.runUntil(() =>
      expect
        .poll(metrics, { timeout: 10_000 })
        .toMatch(new RegExp(`^temporal_num_pollers\\{.*task_queue="${taskQueue}".*site="harbour".*\\} [1-9]`, "m")),
    );
    await connection.close();
  });

  it("are refused a port that another program has, with what to do", async () => {
    const port = await takePort();
    expect(() => installRuntime({ SLUICE_METRICS_PORT: port, SLUICE_SITE: "harbour" }, log)).toThrow(
      expect.objectContaining({ code: "PORT_TAKEN", message: expect.stringContaining("SLUICE_METRICS_PORT") }),
    );
  });
});
