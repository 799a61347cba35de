import type { CatalogDocument, TraceDocument } from "../../sdk/contracts/catalog.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";

/**
 * Receipts for everything that any processing of an object may have left: what the receipts of its document and of
 * all its runs name, under every number and version that it was processed under, since a run that was cut off leaves
 * no receipt of its own. What is not there any more is removed in vain.
 */
export function footprintOf(
  document: Pick<CatalogDocument, "receipts" | "object_number" | "version">,
  traces: readonly Pick<TraceDocument, "version" | "dags">[],
): readonly Receipt[] {
  const ofRuns = traces.flatMap(({ dags }) => dags.flatMap(({ steps }) => steps.flatMap(({ receipt }) => receipt ?? [])));
  const written = [...document.receipts, ...ofRuns];
  const numbers = unique([document.object_number, ...written.flatMap(({ locator }) => locator["object"] ?? [])]);
  const versions = unique([
    document.version,
    ...traces.map(({ version }) => version),
    ...written.flatMap(({ locator }) => locator["version"] ?? []),
  ]);
  const everywhere = written.flatMap((receipt) => {
    const { sink, locator } = receipt;
    if (!("object" in locator)) return [receipt];
    const numbered = numbers.map((object) => ({ ...receipt, locator: { ...locator, object } }));
    if (sink !== "mongodb") return numbered;
    // However many rows: an attempt that was cut off may have come further than the one that ended.
    return numbered.flatMap((one) =>
      versions.map((version) => ({ ...one, locator: { ...one.locator, version, rows: Number.MAX_SAFE_INTEGER } })),
    );
  });
  return [...new Map(everywhere.map((receipt) => [JSON.stringify([receipt.sink, receipt.locator]), receipt])).values()];
}

function unique<Value>(values: readonly Value[]): readonly Value[] {
  return [...new Set(values)];
}
