import { freePorts } from "../../infra/local/ports.ts";
import { install } from "../../infra/local/install.ts";
import { recipes } from "../../infra/local/recipes/index.ts";
import { ensureService } from "../../infra/local/service.ts";
import { connectTemporal, type TemporalSettings } from "../../infra/temporal.ts";

/**
 * A second server as `temporal server start-dev` gives it: its own dynamic configuration, its data in memory, one shard.
 * It is stopped with the lake of this folder.
 */
export async function startPlainServer(home: string): Promise<TemporalSettings> {
  const [{ program }, ports] = await Promise.all([install(recipes.temporal), freePorts()]);
  const server = { SLUICE_TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`, SLUICE_TEMPORAL_NAMESPACE: "default" };
  await ensureService({
    name: "plain-temporal",
    title: "The plain Temporal",
    home,
    launch: {
      command: program,
      args: ["server", "start-dev", "--log-level", "warn", "--port", String(ports.temporal), "--ui-port", String(ports.temporalUi)],
    },
    ports: [ports.temporal, ports.temporalUi],
    portAdvice: "Run the bench again: it takes other ports.",
    async check() {
      await using temporal = await connectTemporal(server);
      await temporal.connection.workflowService.describeNamespace({ namespace: temporal.namespace });
    },
  });
  return server;
}
