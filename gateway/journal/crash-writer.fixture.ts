import { isSluiceError } from "../../sdk/contracts/errors.ts";
import { groupBy, nameRun } from "../drain/group.ts";
import { openJournal } from "./journal.ts";

// Adds arrivals, several at a time and without end, and prints the id and key of each one that is acknowledged.
const [path = ""] = process.argv.slice(2);
const select = groupBy({ count: 50, bytes: 1e6, aloneBytes: 1e6 });
const journal = openJournal({ path, limit: 1_000_000, select, nameRun, window: 50 });

async function writer(name: number): Promise<void> {
  for (let count = 0; ; count += 1) {
    const key = `${name}/${count}`;
    const [id] = await journal.add([
      { store: "s3", tenant: "campus", container: "campus", key, size: 1, time: new Date().toISOString(), door: "s3" },
    ]);
    process.stdout.write(`${id} ${key}\n`);
  }
}

await Promise.all([1, 2, 3, 4].map(writer)).catch((error: unknown) => {
  process.stdout.write(`refused ${isSluiceError(error) ? `${error.code} ${error.message}` : String(error)}\n`);
});
