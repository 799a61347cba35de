import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

const file = fileURLToPath(new URL("previous-workflows.cjs.gz", import.meta.url));

/** The workflows' code of the version before this one, in one piece. */
export async function readPreviousBundle(): Promise<string> {
  return String(await promisify(gunzip)(await readFile(file)));
}

/** With a release, its own code becomes that of the version before. */
export async function keepPreviousBundle(code: string): Promise<void> {
  await writeFile(file, await promisify(gzip)(code, { level: 9 }));
}
