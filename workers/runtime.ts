import { DefaultLogger, Runtime } from "@temporalio/worker";
import type { Logger } from "pino";
import type { Environment } from "../infra/config.ts";
import { terminal } from "../sdk/contracts/errors.ts";

const levels = { TRACE: "trace", DEBUG: "debug", INFO: "info", WARN: "warn", ERROR: "error" } as const;

/**
 * What the workers of a process share. It logs through `log` and serves Temporal's metrics under the names that
 * Temporal documents, so that ready-made dashboards show them. @throws `PORT_TAKEN` (terminal)
 */
export function installRuntime(env: Pick<Environment, "SLUICE_METRICS_PORT" | "SLUICE_SITE">, log: Logger): void {
  const { SLUICE_METRICS_PORT: port, SLUICE_SITE: site } = env;
  const metrics = { prometheus: { bindAddress: `127.0.0.1:${port}` }, globalTags: { site } };
  try {
    Runtime.install({
      logger: new DefaultLogger("WARN", ({ level, message, meta }) => log[levels[level]]({ ...meta }, message)),
      shutdownSignals: [],
      telemetryOptions: port === 0 ? {} : { metrics },
    });
  } catch (cause) {
    if (!(cause instanceof Error && /address already in use/i.test(cause.message))) throw cause;
    throw terminal(
      "PORT_TAKEN",
      `The worker cannot serve its metrics on 127.0.0.1:${port}: another program listens there, maybe another worker. Set SLUICE_METRICS_PORT to a free port, or to 0 for none.`,
      { cause },
    );
  }
}
