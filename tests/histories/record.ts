// Records a run of each scenario on real servers: `npm run histories`. To be done when the workflows change on purpose.
// With `--release` the workflows' code is kept as well: the next version takes over runs that it has begun.
import { startEngine } from "../e2e/engine.ts";
import { until } from "../e2e/until.ts";
import { setup } from "../setup/lake.ts";
import { keepPreviousBundle } from "../upgrade/previous-bundle.ts";
import { workflowBundle } from "../../workers/workflow-bundle.ts";
import { keepRecording } from "./recording.ts";
import { scenarios } from "./scenarios.ts";

const removeLake = await setup();
try {
  await using engine = await startEngine();
  for (const [name, play] of Object.entries(scenarios)) {
    const { workflowId, runId } = await play(engine);
    const handle = engine.temporal.client.workflow.getHandle(workflowId, runId);
    await until(`the run ${workflowId} has closed`, 30_000, async () => (await handle.describe()).status.name !== "RUNNING");
    const history = await handle.fetchHistory();
    await keepRecording(name, workflowId, history);
    process.stdout.write(`${name}: ${history.events?.length ?? 0} events of ${workflowId}\n`);
  }
} finally {
  await removeLake();
}

if (process.argv.includes("--release")) {
  const bundle = await workflowBundle();
  if ("code" in bundle) await keepPreviousBundle(bundle.code);
}
