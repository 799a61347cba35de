import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readEnvironment } from "../../infra/config.ts";
import { createInfluxClient } from "../../infra/influx.ts";
import { stopLake } from "../../infra/local/lake.ts";
import { freePorts } from "../../infra/local/ports.ts";
import { runningProcesses } from "../../infra/local/processes.ts";
import { recipes } from "../../infra/local/recipes/index.ts";
import { startServer } from "../../infra/local/server.ts";
import { openTcpProxy } from "../chaos/proxies/tcp-proxy.ts";

/** An InfluxDB of a test's own, which can be made to hang, behind a proxy that notes when it was written to. */
export async function startOwnInflux() {
  await using opening = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), "sluice-influx-"));
  opening.defer(() => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  const ports = await freePorts();
  const direct = recipes.influxdb.addresses(ports);
  const env = readEnvironment({ ...process.env, SLUICE_HOME: home, ...direct });
  opening.defer(() => stopLake(home));
  await startServer(recipes.influxdb, { home, ports, env });
  const influx = opening.use(createInfluxClient(env));
  await influx.createDatabase();
  const pid = (await runningProcesses(home)).find(({ name }) => name === "influxdb")?.pid ?? 0;
  const signal = (name: NodeJS.Signals) => void process.kill(pid, name);
  // One that hangs cannot be stopped.
  opening.defer(() => signal("SIGCONT"));

  const writes: number[] = [];
  const proxy = opening.use(
    await openTcpProxy(ports.influxdb, () => (piece) => {
      if (piece.subarray(0, 11).toString("latin1") === "POST /write") writes.push(Date.now());
    }),
  );
  const closing = opening.move();
  return {
    influx,
    env: { SLUICE_INFLUX_URL: `http://127.0.0.1:${proxy.port}` },
    /** SIGSTOP: it takes connections and answers nothing. */
    hang: () => signal("SIGSTOP"),
    goOn: () => signal("SIGCONT"),
    /** Milliseconds since 1970 at which write requests came. */
    writes: writes as readonly number[],
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
