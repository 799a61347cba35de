import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { connectTemporal, type TemporalSettings } from "../../infra/temporal.ts";
import { startChild } from "./child.ts";

export type TemporalFloor = AsyncDisposable & {
  /** Runs a workflow that does nothing. */
  run(): Promise<void>;
  /** Runs a workflow of activities that do nothing, one after another. */
  chain(length: number, how: "ordinary" | "local"): Promise<void>;
  /** Runs one object's three steps as activities; `into` names what they write to. */
  process(into: string, container: string, key: string, number: number): Promise<void>;
};

export type TemporalFloorOptions = {
  readonly server: TemporalSettings;
  /** The `SLUICE_` variables of the lake whose stores are read and written. */
  readonly variables: Readonly<Record<string, string>>;
  /** Pollers of workflow tasks, where they are not as many as a worker has by itself. */
  readonly polls?: number;
};

/** What Temporal costs by itself: workflows written by hand, with a worker of their own. */
export async function startTemporalFloor({ server, variables, polls }: TemporalFloorOptions): Promise<TemporalFloor> {
  const taskQueue = "bench-floor";
  const { SLUICE_TEMPORAL_ADDRESS: address, SLUICE_TEMPORAL_NAMESPACE: namespace } = server;
  const file = fileURLToPath(new URL("worker.ts", import.meta.url));
  const args = [address, namespace, taskQueue, ...(polls === undefined ? [] : [String(polls)])];
  const worker = await startChild(file, args, variables);
  const temporal = await connectTemporal(server);
  const execute = async (type: string, parameters: readonly unknown[]) => {
    await temporal.client.workflow.execute(type, { taskQueue, workflowId: `floor/${randomUUID()}`, args: [...parameters] });
  };
  return {
    run: () => execute("noOp", []),
    chain: (length, how) => execute("noOpChain", [length, how]),
    process: (...what) => execute("processByHand", what),
    async [Symbol.asyncDispose]() {
      await temporal[Symbol.asyncDispose]();
      await worker.stop();
    },
  };
}
