import { newDocument } from "../../infra/catalog.ts";
import { type StoredObject, versionOf } from "../../infra/stores/object-store.ts";
import type { ReconciliationScope } from "../../sdk/contracts/reconciliation.ts";
import type { Reconciled, ReconcileInput } from "../../workflows/contract.ts";
import { inParallel, timed } from "../concurrency.ts";
import type { Part } from "../figure.ts";
import { type BenchLake, containers } from "../lake.ts";
import { clients } from "../objects.ts";

const container = containers.compared;
const unannounced = 100;

/** A container whose objects the catalog knows, held against its listing: whole, and as the clock has it done. */
export const reconcile: Part = {
  name: "reconcile",
  lake: "compared",
  async open(lake, { quick, say, observe }) {
    const count = quick ? 5_000 : 100_000;
    const store = lake.stores.get("s3");
    let known = count;
    say(`putting ${count} objects of one byte`);
    await inParallel(Array(count).keys(), clients, (index) => lake.put(container, keyOf(index), Buffer.from("1"), "text/plain"));
    say("writing their documents");
    for await (const objects of inThousands(store.list(container))) await know(lake, objects);

    return async (round) => {
      say("listing alone, comparing all of it, the next share");
      const listing = await timed(() => Array.fromAsync(inThousands(store.list(container)), ({ length }) => length));
      const whole = await observe("whole comparison", () => compare(lake, { known, found: 0 }, { container }));
      const share = await observe("share by the clock", () => compare(lake, { found: 0 }));
      say(`${unannounced} unannounced ones among them`);
      await inParallel(Array(unannounced).keys(), clients, (index) =>
        lake.put(container, `${keyOf(index * 49)}.new-${round}.txt`, Buffer.from("1"), "text/plain"),
      );
      const found = { known, found: unannounced, processed: unannounced };
      const finding = await observe("finding unannounced ones", () => compare(lake, found, { container, grace: 0 }));
      known += unannounced;
      return [
        { name: `${count} known objects, compared whole`, unit: "objects/s", values: [count / whole.seconds], floors: ["listed alone"] },
        { name: "listed alone", unit: "objects/s", values: [(count / listing) * 1_000] },
        { name: `the next share of ${count}, and the tail`, unit: "ms", values: [share.seconds * 1_000] },
        { name: `${unannounced} unannounced among ${count}, found and processed`, unit: "ms", values: [finding.seconds * 1_000] },
      ];
    };
  },
};

const keyOf = (index: number) => `sensor-${index % 97}/${String(index).padStart(6, "0")}.txt`;

/** Fails unless the comparison has seen just that. */
async function compare({ temporal, env }: BenchLake, expected: Partial<Reconciled>, scope?: ReconciliationScope): Promise<void> {
  const seen = await temporal.client.workflow.execute<(input: ReconcileInput) => Promise<Reconciled>>("reconcile", {
    taskQueue: env.SLUICE_TASK_QUEUE,
    workflowId: `reconcile/bench-${performance.now()}`,
    args: [scope ? { scope } : {}],
  });
  for (const [name, value] of Object.entries(expected)) {
    const found = seen[name as keyof Reconciled];
    if (found !== value) throw new Error(`The comparison says ${name}: ${JSON.stringify(found)}; expected ${JSON.stringify(value)}.`);
  }
}

async function know({ catalog }: BenchLake, objects: readonly StoredObject[]): Promise<void> {
  const first = await catalog.allocateNumbers(objects.length);
  const now = new Date();
  await catalog.documents(container).insertMany(
    objects.map((object, index) => ({
      ...newDocument({ container, key: object.key, store: "s3", number: first + index, now }),
      state: "processed" as const,
      version: versionOf(object),
      checksum: object.etag,
      size: object.size,
      last_modified: object.lastModified,
    })),
    { ordered: false },
  );
}

async function* inThousands<Item>(items: AsyncIterable<Item>): AsyncGenerator<readonly Item[]> {
  let some: Item[] = [];
  for await (const item of items) {
    some.push(item);
    if (some.length < 1_000) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}
