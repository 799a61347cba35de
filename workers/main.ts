import { writeFile } from "node:fs/promises";
import { pino } from "pino";
import { readEnvironment } from "../infra/config.ts";
import { readState } from "../infra/local/state.ts";
import { runProcess } from "../infra/process.ts";
import { installRuntime } from "./runtime.ts";
import { runWorker } from "./worker.ts";

/** One worker process. Whatever the environment does not say is the local lake's, if SLUICE_HOME holds one. */
async function main(): Promise<void> {
  const lake = await readState(readEnvironment().SLUICE_HOME);
  const env = readEnvironment({ ...lake?.env, ...process.env });
  const log = pino({ name: "worker", level: env.SLUICE_LOG, base: { site: env.SLUICE_SITE } });
  installRuntime(env, log);
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stop.abort());
  const readyFile = process.env["SLUICE_READY_FILE"];
  await runWorker(env, log, stop.signal, () => {
    if (readyFile) void writeFile(readyFile, String(process.pid));
  });
}

await runProcess(main);
