// A Temporal worker of a few lines, in a process of its own: `node worker.ts ADDRESS NAMESPACE QUEUE [POLLS]`.
import { fileURLToPath } from "node:url";
import { DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { readEnvironment } from "../../infra/config.ts";
import { createScript } from "./script.ts";
import { openScriptClients } from "./script-clients.ts";

const [address = "", namespace = "", taskQueue = "", polls] = process.argv.slice(2);
Runtime.install({ logger: new DefaultLogger("ERROR"), shutdownSignals: [] });
await using clients = await openScriptClients(readEnvironment());
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue,
  workflowsPath: fileURLToPath(new URL("workflows.ts", import.meta.url)),
  activities: { ...createScript(clients), noOpActivity: async (count: number) => count + 1 },
  ...(polls !== undefined && { maxConcurrentWorkflowTaskPolls: Number(polls) }),
});
process.once("disconnect", () => worker.shutdown());
const running = worker.run();
process.send?.("ready");
await running;
await connection.close();
process.exit(0);
