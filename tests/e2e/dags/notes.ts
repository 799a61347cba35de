import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

// DAG files run wherever a worker runs them: which folder the test reads, the environment says.
const folder = process.env["E2E_NOTES"] ?? "";

/** Notes, beyond the life of this process, that a task body ran. */
export function note(name: string, words: string): void {
  appendFileSync(join(folder, name), `${words}\n`);
}

/** Waits until the test raises a flag. */
export async function flag(name: string, signal: AbortSignal): Promise<void> {
  while (!existsSync(join(folder, `${name}.flag`))) await pause(50, undefined, { signal });
}

/** True the first time that it is asked for this name, whichever process asks. */
export function isFirst(name: string): boolean {
  const path = join(folder, `${name}.once`);
  if (existsSync(path)) return false;
  appendFileSync(path, "");
  return true;
}
