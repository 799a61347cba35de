import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bulkPriority, livePriority, type Priority } from "../../../sdk/contracts/priority.ts";
import { readEnvironment } from "../../config.ts";
import { connectTemporal, type Temporal } from "../../temporal.ts";
import { stopLake } from "../lake.ts";
import { freePorts } from "../ports.ts";
import { startServer } from "../server.ts";
import { temporal as recipe } from "./temporal.ts";

const taskQueue = "fairness";
const open = new AsyncDisposableStack();
let temporal: Temporal;

beforeAll(async () => {
  const home = await mkdtemp(join(tmpdir(), "sluice-temporal-"));
  open.defer(() => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  const ports = await freePorts();
  const env = readEnvironment({ ...process.env, SLUICE_HOME: home, ...recipe.addresses(ports) });
  open.defer(() => stopLake(home));
  await startServer(recipe, { home, ports, env });
  temporal = open.use(await connectTemporal(env));
}, 120_000);
afterAll(() => open.disposeAsync());

const startAll = (name: string, count: number, priority: Priority) =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      temporal.client.workflow.start("nobody-runs-it", { workflowId: `${name} ${index}`, taskQueue, priority, args: [] }),
    ),
  );

/** The names of the next runs that Temporal hands to a worker, in order. */
async function handedOut(count: number): Promise<readonly string[]> {
  const { connection, namespace } = temporal;
  const poll = () => connection.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: taskQueue }, identity: "test" });
  // Nobody answers: what is handed out a second time, after its time-out, is none that waited.
  const runs = new Set<string>();
  while (runs.size < count) {
    const { workflowExecution } = await connection.withDeadline(Date.now() + 20_000, poll);
    if (workflowExecution?.workflowId) runs.add(workflowExecution.workflowId);
  }
  return [...runs].map((run) => run.split(" ")[0] ?? "");
}

describe("the local Temporal", { timeout: 60_000 }, () => {
  it("hands out tasks that wait by priority, and among equals each tenant in turn", async () => {
    await startAll("bulk", 10, bulkPriority("small"));
    await startAll("large", 60, livePriority("large"));
    await startAll("small", 5, livePriority("small"));
    const order = await handedOut(75);
    // In the order of their start these would be 0 and 74. A queue has several partitions, each with an order of its own.
    expect(order.indexOf("bulk")).toBeGreaterThan(30);
    expect(order.lastIndexOf("small")).toBeLessThan(45);
    expect(order.filter((name) => name === "large")).toHaveLength(60);
  });
});
