import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

// DAG files run wherever a worker runs them: which folder the test reads, the environment says.
const folder = process.env["E2E_NOTES"] ?? "";

/** Where the notes about an object are kept. */
export function notesOf(key: string): string {
  return join(folder, encodeURIComponent(key));
}

/** Notes, beyond the life of this process, that something ran for this object; returns how often it has by now. */
export function note(key: string, words: string): number {
  const file = notesOf(key);
  appendFileSync(file, `${words}\n`);
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line === words).length;
}

/** Like `note`, for those who note too much to count it. */
export function tick(key: string, words: string): void {
  appendFileSync(notesOf(key), `${words}\n`);
}

/** True for whoever asks first under this name, whichever process it is in. */
export function isFirst(name: string): boolean {
  const file = join(folder, `${encodeURIComponent(name)}.once`);
  if (existsSync(file)) return false;
  appendFileSync(file, "");
  return true;
}

/** Whether the test has raised a flag. */
export function isRaised(name: string): boolean {
  return existsSync(join(folder, `${encodeURIComponent(name)}.flag`));
}

/** Waits, heartbeating, until the test raises a flag. */
export async function flag(name: string, { signal, heartbeat }: { readonly signal: AbortSignal; heartbeat(): void }): Promise<void> {
  const file = join(folder, `${encodeURIComponent(name)}.flag`);
  for (let looks = 0; !existsSync(file); looks += 1) {
    if (looks % 20 === 0) heartbeat();
    await pause(50, undefined, { signal });
  }
}
