// Waits until whoever started it closes its stdin, by will or by dying; then stops the lake and removes its folder.
import { rm } from "node:fs/promises";
import { stopLake } from "../../infra/local/lake.ts";

const home = process.argv[2];
if (home === undefined) throw new Error("usage: node lake-guard.ts FOLDER");

process.stdin.resume().once("end", async () => {
  await stopLake(home);
  await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});
