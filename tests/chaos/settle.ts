import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { MongoClient } from "mongodb";
import { lakePaths } from "../../infra/config.ts";
import { createGatewayClient, type GatewayClient } from "../../gateway/client.ts";
import { until } from "../e2e/until.ts";
import type { Units } from "./audit/finding.ts";
import type { Backlog } from "./backlog.ts";
import type { ChaosLake } from "./lake.ts";

export type Settling = { readonly units: Units; readonly backlog: Backlog; readonly say: (line: string) => void };

/** Without any change for so many milliseconds, what is left will not come: the audit tells what it is. */
const patience = 150_000;

const betweenReconciliations = 15_000;

/**
 * Waits until nothing is on its way any more: no event at the store, no arrival in the journal, no object without an
 * outcome. What no webhook announced is looked for, as an operator would.
 */
export async function settle(lake: ChaosLake, { units, backlog, say }: Settling): Promise<void> {
  await lake.webhooks.idle();
  const client = createGatewayClient({ url: lake.env.SLUICE_GATEWAY_URL, token: lake.env.SLUICE_API_TOKEN });
  await using mongo = new MongoClient(lake.databases.mongo);
  let last = "";
  let changed = performance.now();
  for (let reconciled = 0; ;) {
    await backlog.look();
    const [events, arrivals, members] = await Promise.all([eventsWaiting(lake.home), arrivalsIn(client), openMembers(mongo, units)]);
    if (events + arrivals + backlog.open() + members === 0) return;
    const now = `${backlog.open()} objects and ${members} members without an outcome, ${events} events at the store, ${arrivals} arrivals in the journal`;
    if (now !== last) changed = performance.now();
    last = now;
    if (performance.now() - changed > patience) return say(`nothing has happened for ${patience / 1_000} s: ${now}`);
    if (events + arrivals === 0 && performance.now() - reconciled > betweenReconciliations) {
      say(`reconciling: ${now}`);
      await reconcile(client).catch((error: unknown) => say(`the reconciliation: ${String(error)}`));
      reconciled = performance.now();
    }
    await pause(500);
  }
}

/** Nobody knows while the gateway is busy with other things: then something is still on its way. */
async function arrivalsIn(client: GatewayClient): Promise<number> {
  const status = await client.status().catch(() => undefined);
  return status === undefined ? Number.POSITIVE_INFINITY : status.arrivals.waiting + status.arrivals.started;
}

async function reconcile(client: GatewayClient): Promise<void> {
  const { id } = await client.reconcile({ grace: 0 });
  await until("a reconciliation has ended", patience, async () => (await client.reconciliation(id)).state !== "running");
}

/** MinIO keeps a file for each event that it has not delivered. */
async function eventsWaiting(home: string): Promise<number> {
  const entries = await readdir(join(lakePaths(home).data, "minio-events"), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).length;
}

async function openMembers(mongo: MongoClient, units: Units): Promise<number> {
  const members = [...units.values()].filter(({ unpacked }) => unpacked);
  let open = members.length;
  for (const [container, those] of Map.groupBy(members, (unit) => unit.container)) {
    const documents = await mongo
      .db("swift")
      .collection<{ _id: string; state: string }>(container)
      .find({ _id: { $in: those.map(({ key }) => key) } }, { projection: { state: 1 } })
      .toArray();
    open -= documents.filter(({ state }) => state === "processed" || state === "quarantined").length;
  }
  return open;
}
