import type { WorkflowExecutionInfo } from "@temporalio/client";
import type { Environment } from "../../infra/config.ts";
import { type ObjectStore, versionOf } from "../../infra/stores/object-store.ts";
import type { Temporal } from "../../infra/temporal.ts";
import type { GatewayClient, ObjectSummary, Trace } from "../../gateway/client.ts";
import { until } from "./until.ts";

export type Landed = {
  readonly container: string;
  readonly key: string;
  readonly version: string;
  readonly size: number;
  readonly etag: string;
};

export type PutOptions = { readonly container?: string; readonly type?: string; readonly metadata?: { readonly [name: string]: string } };

type Parts = {
  readonly container: string;
  readonly client: GatewayClient;
  readonly store: ObjectStore;
  readonly temporal: Temporal;
  readonly env: Environment;
};

const final: readonly ObjectSummary["state"][] = ["processed", "quarantined", "failed", "gone"];

/** What the suites do to an engine from outside, and see of it: by the store, the webhooks, the API and Temporal. */
export function observe({ container: landing, client, store, temporal, env }: Parts) {
  async function put(key: string, content: string | Uint8Array, { container = landing, type, metadata }: PutOptions = {}): Promise<Landed> {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    const stored = await store.put(container, key, bytes, {
      size: bytes.length,
      ...(type && { contentType: type }),
      ...(metadata && { metadata }),
    });
    return { container, key, version: versionOf(stored), size: bytes.length, etag: stored.etag };
  }

  async function states(landed: readonly Pick<Landed, "container" | "key">[]): Promise<readonly ObjectSummary[]> {
    const pages = Array.from({ length: Math.ceil(landed.length / 500) }, (_, page) => landed.slice(page * 500, page * 500 + 500));
    return (await Promise.all(pages.map((page) => client.states(page.map(({ container, key }) => ({ container, key })))))).flat();
  }

  /** What became of these versions, in their order, once all of them are settled. */
  async function outcomes(landed: readonly Landed[], timeout = 60_000): Promise<readonly ObjectSummary[]> {
    let open = landed;
    const settled = new Map<string, ObjectSummary>();
    await until(`${landed.length} objects have an outcome (${landed[0]?.key}, …)`, timeout, async () => {
      const found = new Map((await states(open)).map((summary) => [summary.key, summary]));
      for (const { key, version } of open) {
        const summary = found.get(key);
        if (summary?.version === version && final.includes(summary.state)) settled.set(key, summary);
      }
      open = open.filter(({ key }) => !settled.has(key));
      return open.length === 0;
    });
    return landed.map(({ key }) => settled.get(key) as ObjectSummary);
  }

  async function outcome(landed: Landed, timeout?: number): Promise<ObjectSummary> {
    const [only] = await outcomes([landed], timeout);
    return only as ObjectSummary;
  }

  const trace = (key: string): Promise<Trace> => client.trace(landing, key);

  /** Runs that Temporal finds by a query over its search attributes. */
  async function runs(query: string): Promise<readonly WorkflowExecutionInfo[]> {
    return await Array.fromAsync(temporal.client.workflow.list({ query: `TaskQueue = "${landing}" AND ${query}` }));
  }

  async function history(workflowId: string, runId?: string) {
    return await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
  }

  /** Sends S3 event notifications as the store would; returns the ids of the arrivals. */
  async function announce(keys: readonly (string | (Partial<Landed> & { readonly key: string }))[]): Promise<readonly string[]> {
    const Records = keys.map((one) => {
      const { container = landing, key, size, etag, version }: Partial<Landed> = typeof one === "string" ? { key: one } : one;
      return {
        eventVersion: "2.0",
        eventSource: "minio:s3",
        eventName: "s3:ObjectCreated:Put",
        eventTime: new Date().toISOString(),
        s3: {
          bucket: { name: container },
          object: { key: encodeURIComponent(key ?? ""), size: size ?? 10, eTag: etag, versionId: version },
        },
      };
    });
    const response = await fetch(new URL("/webhooks/s3", env.SLUICE_GATEWAY_URL), {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${env.SLUICE_WEBHOOK_SECRETS[0]}` },
      body: JSON.stringify({ Records }),
    });
    return ((await response.json()) as { readonly arrivals: readonly string[] }).arrivals;
  }

  /** What became of an arrival, once its run has closed. */
  async function closed(arrival: string | undefined, timeout = 60_000) {
    return await until(`the arrival ${arrival} is closed`, timeout, async () => {
      const view = await client.arrival(arrival ?? "");
      return view.state === "closed" && view;
    });
  }

  return { put, states, outcomes, outcome, trace, runs, history, announce, closed };
}
