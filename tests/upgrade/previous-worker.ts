// A worker as `workers/main.ts`, with the workflows' code of the version before this one.
import { writeFile } from "node:fs/promises";
import { pino } from "pino";
import { DefaultLogger, Runtime } from "@temporalio/worker";
import { readEnvironment } from "../../infra/config.ts";
import { runProcess } from "../../infra/process.ts";
import { runWorker } from "../../workers/worker.ts";
import { readPreviousBundle } from "./previous-bundle.ts";

await runProcess(async () => {
  const env = readEnvironment();
  Runtime.install({ logger: new DefaultLogger("WARN"), shutdownSignals: [] });
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  const bundle = readPreviousBundle().then((code) => ({ code }));
  await runWorker(env, pino({ name: "previous worker" }), stop.signal, () => void writeFile(env.SLUICE_READY_FILE, ""), bundle);
});
