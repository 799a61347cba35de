import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const count = z.number().int().nonnegative();

const sampleSchema = z.object({
  /** Beside `expected.json`. */
  file: z.string(),
  container: z.string(),
  key: z.string(),
  contentType: z.string().optional(),
  /** What its uploader says of it, as the REST API takes it; without, it is put straight into the store. */
  metadata: z.strictObject({ other_data: z.record(z.string(), z.json()) }).optional(),
  expect: z.object({
    state: z.string(),
    dag: z.string().optional(),
    sinks: z.record(z.string(), count).default({}),
  }),
});

export type Sample = z.output<typeof sampleSchema>;

const folder = new URL("../../dags/samples/", import.meta.url);

/** The sample objects that ship, and what should become of each. */
export async function readSamples(): Promise<readonly Sample[]> {
  return z.array(sampleSchema).parse(JSON.parse(await readFile(new URL("expected.json", folder), "utf8")));
}

export async function contentOf({ file }: Sample): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(fileURLToPath(new URL(file, folder))));
}
