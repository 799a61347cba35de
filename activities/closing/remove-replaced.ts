import type { Integrator, TaskContext } from "../../sdk/execution/context.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import type { Replaced } from "../contract.ts";

type Dependencies = {
  readonly integrators: ReadonlyMap<string, Pick<Integrator, "undo">>;
  readonly context: (object: ObjectInfo, sink: string) => TaskContext;
};

/** Which integrator can take back what a sink holds: all of one sink know each other's receipts. */
export const undoers: { readonly [sink: string]: string } = { influxdb: "influx-points", mongodb: "mongo-documents", neo4j: "neo4j-graph" };

/**
 * Removes by its receipts what an earlier processing wrote: everything carries the number of the processing that
 * wrote it last, so what the new one wrote again is not touched. Objects unpacked from an archive stay; they are
 * objects of their own.
 */
export async function removeReplaced({ integrators, context }: Dependencies, replaced: readonly Replaced[]): Promise<void> {
  for (const { object, receipts } of replaced) {
    for (const receipt of receipts.filter((one) => !isNumberOf(one, object))) {
      await integrators.get(undoers[receipt.sink] ?? "")?.undo(receipt, context(object, receipt.sink));
    }
  }
}

function isNumberOf({ locator }: Receipt, object: ObjectInfo): boolean {
  return locator["object"] === object.number;
}
