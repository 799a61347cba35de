import { createGatewayClient, type ObjectSummary, type Upload } from "../../gateway/client.ts";
import type { Environment } from "../../infra/config.ts";
import { createReadBack } from "../../infra/read-back.ts";
import { createStores } from "../../infra/stores/index.ts";
import { versionOf } from "../../infra/stores/object-store.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import { lookAtUploads } from "../wait/outcomes.ts";
import { createWatch } from "../wait/watch.ts";
import { contentOf, type Sample } from "./expected.ts";

/** What a receipt says was written, and how much of it the database holds. */
export type Found = { readonly receipt: Receipt; readonly count: number };

export type SampleOutcome = {
  readonly sample: Sample;
  /** Undefined: nothing became of it in time. */
  readonly object: ObjectSummary | undefined;
  readonly found: readonly Found[];
  /** Why this is not what should have become of it; empty where it is. */
  readonly problems: readonly string[];
};

const patience = 120_000;

/** Puts the samples into the lake by its front doors, waits for what becomes of them, and asks the databases. */
export async function runSamples(
  samples: readonly Sample[],
  env: Environment,
  onOutcome: (settled: number) => void,
): Promise<readonly SampleOutcome[]> {
  const client = createGatewayClient({ url: env.SLUICE_GATEWAY_URL, token: env.SLUICE_API_TOKEN });
  await using stores = createStores(env);
  await using readBack = createReadBack(env);
  const outcomes = new Map<Upload, ObjectSummary>();
  const watch = createWatch<Upload, ObjectSummary>({
    look: lookAtUploads(client),
    onOutcome(object, upload) {
      outcomes.set(upload, object);
      onOutcome(outcomes.size);
    },
    timeout: patience,
  });

  async function put(sample: Sample): Promise<Upload> {
    const { container, key, contentType, metadata } = sample;
    const content = await contentOf(sample);
    if (metadata !== undefined) {
      return await client.put(container, key, content, {
        ...(contentType && { type: contentType }),
        size: content.length,
        metadata,
      });
    }
    const stored = await stores.get("s3").put(container, key, content, contentType ? { contentType } : {});
    return { container, key, version: versionOf(stored), etag: stored.etag, size: stored.size };
  }

  const uploads = await Promise.all(
    samples.map(async (sample) => {
      const upload = await put(sample);
      watch.add(upload);
      return { sample, upload };
    }),
  );
  await watch.finish();

  return await Promise.all(
    uploads.map(async ({ sample, upload }) => {
      const object = outcomes.get(upload);
      const receipts = object?.receipts ?? [];
      const found = await Promise.all(receipts.map(async (receipt) => ({ receipt, count: await readBack.count(receipt) })));
      return { sample, object, found, problems: problemsOf(sample, object, found) };
    }),
  );
}

/** What differs from what should have become of a sample, in words. */
export function problemsOf(
  { container, key, expect }: Sample,
  object: Pick<ObjectSummary, "state" | "dags"> | undefined,
  found: readonly Found[],
): readonly string[] {
  if (object === undefined) {
    return [`nothing became of it in ${patience / 1_000} s: see \`sluice trace ${container}/${key}\` and \`sluice status\``];
  }
  const bySink = Map.groupBy(found, ({ receipt }) => receipt.sink);
  const sinks = new Set([...Object.keys(expect.sinks), ...bySink.keys()]);
  return [
    ...(object.state === expect.state ? [] : [`it is ${object.state}, and should be ${expect.state}`]),
    ...(expect.dag === undefined || object.dags.includes(expect.dag) ? [] : [`the DAG ${expect.dag} should have taken it`]),
    ...[...sinks].flatMap((sink) => {
      const count = (bySink.get(sink) ?? []).reduce((sum, each) => sum + each.count, 0);
      const wanted = expect.sinks[sink] ?? 0;
      return count === wanted ? [] : [`${sink} holds ${count} of it, and should hold ${wanted}`];
    }),
  ];
}
