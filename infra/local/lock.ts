import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";

/**
 * Runs `work` while no other process holds the lock of this name. An exclusive transaction of SQLite is a lock that
 * the kernel lets go of when its holder dies, whatever killed it: nothing stale can stay behind.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, onWait: () => void = () => {}): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  using database = new DatabaseSync(file);
  for (let waited = false; !tryLock(database); waited = true) {
    if (!waited) onWait();
    await sleep(200);
  }
  return await work();
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    const SQLITE_BUSY = 5;
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return false;
    throw error;
  }
}
