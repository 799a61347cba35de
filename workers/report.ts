import { hostname } from "node:os";
import type { Catalog } from "../infra/catalog.ts";
import type { SinkState, WorkerDocument } from "../sdk/contracts/catalog.ts";

type Dependencies = {
  readonly catalog: Pick<Catalog, "workers">;
  readonly self: Pick<WorkerDocument, "site" | "task_queue">;
  readonly sinks: () => readonly SinkState[];
  /** Milliseconds between two reports. */
  readonly interval?: number;
};

/** Says in the catalog that this worker is there and how it stands to its sinks, for `sluice status`; best effort. */
export function reportWorker({ catalog, self, sinks, interval = 5_000 }: Dependencies): AsyncDisposable {
  const _id = `${hostname()}/${process.pid}`;
  const report = () =>
    catalog.workers.replaceOne({ _id }, { ...self, seen: new Date(), sinks: sinks() }, { upsert: true }).catch(() => undefined);
  let reporting: Promise<unknown> = report();
  const timer = setInterval(() => void (reporting = report()), interval).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await reporting;
      await catalog.workers.deleteOne({ _id }).catch(() => undefined);
    },
  };
}
