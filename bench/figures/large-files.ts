import type { Part, PartOptions } from "../figure.ts";
import { runFileScript } from "../floors/run-script.ts";
import type { fileScripts } from "../floors/script-files.ts";
import { type BenchLake, containers } from "../lake.ts";
import { requirePoints, untilProcessed } from "../outcomes.ts";
import { csvChunks, jsonLine, jsonLinesChunks } from "../readings.ts";

type Form = {
  readonly part: string;
  readonly script: keyof typeof fileScripts;
  readonly type: string;
  readonly named: string;
  readonly rows: number;
  readonly chunks: (rows: number, unit: string) => Iterable<Uint8Array>;
};

/** One CSV of millions of rows, by the shipped DAG; and by a script. */
export const largeCsv: Part = {
  name: "large-csv",
  async open(lake, options) {
    const rows = options.quick ? 500_000 : 5_000_000;
    const named = `CSV of ${rows / 1e6} million rows`;
    return (round) => measure(lake, options, { part: "CSV", script: "csv", type: "text/csv", named, rows, chunks: csvChunks }, round);
  },
};

/** JSON lines of 5 GB, the same way. */
export const largeJsonLines: Part = {
  name: "large-json-lines",
  rounds: 3,
  async open(lake, options) {
    const bytes = options.quick ? 100e6 : 5e9;
    const form = { part: "JSON lines", script: "json-lines", type: "application/x-ndjson", chunks: jsonLinesChunks } as const;
    const named = `JSON lines of ${bytes / 1e9} GB`;
    return (round) => measure(lake, options, { ...form, named, rows: Math.ceil(bytes / jsonLine(0, "large-json-lines-0").length) }, round);
  },
};

async function measure(lake: BenchLake, { say, observe }: PartOptions, form: Form, round: number) {
  const { part, script, type, named, rows } = form;
  const container = containers.silent;
  const unit = `large-${script}-${round}`;
  const key = `large/${unit}`;
  const store = lake.stores.get("s3");
  say(`generating ${rows} rows`);
  const { size } = await store.put(container, key, streamed(form.chunks(rows, unit)), { contentType: type });
  say(`${(size / 1e6).toFixed(0)} MB by the engine`);
  const engine = await observe(`${part}, engine`, async () => {
    await lake.announce(container, key, size);
    await untilProcessed(lake, container, [key], { interval: 100, patience: 3_600_000 });
  });
  await requireReceipt(lake, container, key, rows);
  await requirePoints(lake, unit, rows);
  say("the same by the script");
  const { result: byHand } = await observe(`${part}, script`, () => runFileScript(lake, script, `${unit}-script`, container, key));
  await requirePoints(lake, `${unit}-script`, rows);
  await store.deleteVersions(container, key);
  const rate = `${named}, webhook to closed document`;
  return [
    { name: rate, unit: "rows/s", values: [rows / engine.seconds], floors: [`${named}, script`], aim: "≥ 0.8 ×" },
    { name: `${named}, script`, unit: "rows/s", values: [rows / byHand.seconds] },
    {
      name: `${named}, worker's peak`,
      unit: "MB",
      values: [engine.peak["worker"] ?? Number.NaN],
      floors: [`${named}, script's peak`],
      aim: "< 300 MB",
    },
    { name: `${named}, script's peak`, unit: "MB", values: [byHand.megabytes] },
  ] as const;
}

async function* streamed(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function requireReceipt({ catalog }: BenchLake, container: string, key: string, rows: number): Promise<void> {
  const { receipts = [] } = (await catalog.documents(container).findOne({ _id: key })) ?? {};
  const count = receipts.reduce((total, receipt) => total + receipt.count, 0);
  if (count !== rows) throw new Error(`The receipts of ${container}/${key} speak of ${count} points; expected ${rows}.`);
}
