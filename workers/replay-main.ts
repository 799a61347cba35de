import { AsyncDisposableStack } from "@whatwg-node/disposablestack";
import { openCatalog } from "../infra/catalog.ts";
import { readEnvironment } from "../infra/config.ts";
import { createExecutions } from "../infra/executions.ts";
import { createHistoryArchive } from "../infra/histories.ts";
import { readState } from "../infra/local/state.ts";
import { runProcess } from "../infra/process.ts";
import { createStores } from "../infra/stores/index.ts";
import { connectTemporal } from "../infra/temporal.ts";
import type { ReplayRequest, ReplayVerdict } from "../sdk/contracts/replay.ts";
import { keepTemporalQuiet } from "./replay/quiet.ts";
import { recordedRuns } from "./replay/recorded-runs.ts";
import { replayHistory } from "./replay/replay-history.ts";
import { workflowBundle } from "./workflow-bundle.ts";

/** Replays what its argument (a {@link ReplayRequest} as JSON) asks for; writes a {@link ReplayVerdict} a line. */
async function main(): Promise<void> {
  const request = JSON.parse(process.argv[2] ?? "{}") as ReplayRequest;
  const lake = await readState(readEnvironment().SLUICE_HOME);
  const env = readEnvironment({ ...lake?.env, ...process.env });
  keepTemporalQuiet();
  await using closing = new AsyncDisposableStack();
  const temporal = closing.use(await connectTemporal(env));
  const catalog = closing.use(await openCatalog(env));
  const stores = closing.use(createStores(env));
  const needs = {
    client: temporal.client,
    taskQueue: env.SLUICE_TASK_QUEUE,
    catalog,
    executions: createExecutions(temporal.client),
    archive: createHistoryArchive(stores.get("s3"), catalog),
  };
  const bundle = await workflowBundle();
  for await (const { history, ...run } of recordedRuns(needs, request)) {
    const difference = history && (await replayHistory(bundle, history, run.workflow_id));
    const type = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? "";
    const verdict: ReplayVerdict = { ...run, type, events: history?.events?.length ?? 0, ...(difference && { difference }) };
    process.stdout.write(`${JSON.stringify(verdict)}\n`);
  }
}

await runProcess(main);
