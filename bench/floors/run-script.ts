import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { BenchLake } from "../lake.ts";
import { startChild } from "./child.ts";
import type { fileScripts } from "./script-files.ts";

const done = z.object({ rows: z.number(), seconds: z.number(), megabytes: z.number() });

/** Runs the script for one large file: rows, seconds without its start, and the most memory that it took. */
export async function runFileScript(
  { variables }: Pick<BenchLake, "variables">,
  form: keyof typeof fileScripts,
  into: string,
  container: string,
  key: string,
): Promise<z.output<typeof done>> {
  const file = fileURLToPath(new URL("script-process.ts", import.meta.url));
  const child = await startChild(file, [form, into, container, key], variables);
  await child.stop();
  return done.parse(child.first);
}
