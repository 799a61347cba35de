import { timed } from "../concurrency.ts";
import type { Part } from "../figure.ts";
import { processCsv } from "../floors/script.ts";
import { containers } from "../lake.ts";
import { untilProcessed } from "../outcomes.ts";
import { csvChunks } from "../readings.ts";

/** One CSV of millions of rows, by the shipped DAG; and by a script. */
export const largeCsv: Part = {
  name: "large-csv",
  async run(lake, { quick, say, observe }) {
    const rows = quick ? 500_000 : 5_000_000;
    const rounds = quick ? 3 : 1;
    const container = containers.silent;
    const engine: number[] = [];
    const script: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const key = `large/${round}.csv`;
      say(`round ${round + 1} of ${rounds}: generating ${rows} rows`);
      const { size } = await lake.stores.get("s3").put(container, key, lines(rows, `large-${round}`), { contentType: "text/csv" });
      say(`round ${round + 1} of ${rounds}: ${(size / 1e6).toFixed(0)} MB of CSV by the engine`);
      const took = await observe("CSV, engine", () =>
        timed(async () => {
          await lake.announce(container, key, size);
          await untilProcessed(lake, container, [key], { interval: 100, patience: 1_200_000 });
        }),
      );
      await requireReceipt(lake, container, key, rows);
      engine.push((rows / took) * 1_000);
      say(`round ${round + 1} of ${rounds}: the same by the script`);
      script.push((rows / (await observe("CSV, script", () => timed(() => processCsv(lake, container, key))))) * 1_000);
    }
    return [
      {
        name: `CSV of ${rows / 1e6} million rows, webhook to closed document`,
        unit: "rows/s",
        values: engine,
        floor: "CSV, script",
        aim: "≥ 0.7 ×",
      },
      { name: "CSV, script", unit: "rows/s", values: script },
    ];
  },
};

async function* lines(rows: number, unit: string): AsyncGenerator<Uint8Array> {
  yield* csvChunks(rows, unit);
}

async function requireReceipt({ catalog }: Parameters<Part["run"]>[0], container: string, key: string, rows: number): Promise<void> {
  const { receipts = [] } = (await catalog.documents(container).findOne({ _id: key })) ?? {};
  const count = receipts.reduce((sum, receipt) => sum + receipt.count, 0);
  if (count !== rows) throw new Error(`The receipts of ${container}/${key} speak of ${count} points; expected ${rows}.`);
}
