// A Temporal worker with nothing to do, in a process of its own: `node no-op-worker.ts ADDRESS NAMESPACE QUEUE`.
import { fileURLToPath } from "node:url";
import { DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";

const [address = "", namespace = "", taskQueue = ""] = process.argv.slice(2);
Runtime.install({ logger: new DefaultLogger("ERROR"), shutdownSignals: [] });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue,
  workflowsPath: fileURLToPath(new URL("no-op-workflows.ts", import.meta.url)),
  activities: { noOpActivity: async (count: number) => count + 1 },
  maxConcurrentWorkflowTaskPolls: 2,
});
process.once("disconnect", () => worker.shutdown());
const running = worker.run();
process.send?.("ready");
await running;
await connection.close();
process.exit(0);
