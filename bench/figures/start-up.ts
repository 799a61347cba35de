import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startGateway, startWorker } from "../../infra/local/engine.ts";
import { stopLake } from "../../infra/local/lake.ts";
import { planLake } from "../../infra/local/plan.ts";
import { freePorts } from "../../infra/local/ports.ts";
import { timed } from "../concurrency.ts";
import type { Part } from "../figure.ts";
import type { BenchLake } from "../lake.ts";
import { residentMemory } from "../processes.ts";

/** How long the lake is left alone before its memory is read. */
const rest = 5_000;

/** A second gateway and worker on the servers of the lake, from their start until they rest; and the lake at rest. */
export const startUp: Part = {
  name: "start-up",
  async open(lake, { say, observe }) {
    const home = await mkdtemp(join(tmpdir(), "sluice-bench-start-"));
    lake.defer(async () => {
      await stopLake(home);
      await rm(home, { recursive: true, force: true });
    });
    return async (round) => {
      say("the lake at rest");
      await observe(round === 0 ? "at rest, fresh" : "at rest, after load", () => sleep(rest));
      say("starting gateway and worker");
      const { gateway, worker, memory } = await startedOnce(home, lake);
      const { gateway: ofGateway = Number.NaN, worker: ofWorker = Number.NaN } = memory;
      const note = "asked every 100 ms";
      return [
        { name: "gateway, start to ready", unit: "s", values: [gateway / 1_000], note },
        { name: "worker, start to ready", unit: "s", values: [worker / 1_000], note },
        { name: "gateway at rest", unit: "MB", values: [ofGateway] },
        { name: "worker at rest", unit: "MB", values: [ofWorker] },
        { name: "gateway and worker at rest", unit: "MB", values: [ofGateway + ofWorker], aim: "< 350 MB" },
      ];
    };
  },
};

async function startedOnce(home: string, { variables }: BenchLake) {
  const ports = await freePorts();
  const own = {
    SLUICE_HOME: home,
    SLUICE_GATEWAY_URL: `http://127.0.0.1:${ports.gateway}`,
    SLUICE_METRICS_PORT: String(ports.metrics),
    SLUICE_TASK_QUEUE: "bench-start-up",
  };
  const plan = planLake(home, { ...variables, ...own }, [], undefined, ports);
  const gateway = await timed(() => startGateway({ home, plan }));
  const worker = await timed(() => startWorker({ home, plan }));
  await sleep(rest);
  const memory = await residentMemory(home);
  await stopLake(home);
  return { gateway, worker, memory };
}
