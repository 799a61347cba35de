import { fork } from "node:child_process";
import { once } from "node:events";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { BenchLake } from "../lake.ts";

export type NoOp = AsyncDisposable & {
  /** Runs a workflow that does nothing. */
  run(): Promise<void>;
  /** Runs a workflow of activities that do nothing, one after another. */
  chain(length: number, how: "ordinary" | "local"): Promise<void>;
};

/** What Temporal costs by itself: workflows without work, on the server of the lake, with a worker of their own. */
export async function startNoOp({ env, temporal }: Pick<BenchLake, "env" | "temporal">): Promise<NoOp> {
  const taskQueue = "bench-no-op";
  const { SLUICE_TEMPORAL_ADDRESS: address, SLUICE_TEMPORAL_NAMESPACE: namespace } = env;
  const file = fileURLToPath(new URL("no-op-worker.ts", import.meta.url));
  const worker = fork(file, [address, namespace, taskQueue], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  await Promise.race([
    once(worker, "message"),
    once(worker, "exit").then(([code]) => Promise.reject(new Error(`The no-op worker ended with code ${code} before it polled.`))),
  ]);
  const execute = async (type: string, args: readonly unknown[]) => {
    await temporal.client.workflow.execute(type, { taskQueue, workflowId: `no-op/${randomUUID()}`, args: [...args] });
  };
  return {
    run: () => execute("noOp", []),
    chain: (length, how) => execute("noOpChain", [length, how]),
    async [Symbol.asyncDispose]() {
      const ended = once(worker, "exit");
      worker.disconnect();
      await ended;
    },
  };
}
