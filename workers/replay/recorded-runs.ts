import type { Client } from "@temporalio/client";
import type { Catalog } from "../../infra/catalog.ts";
import type { Executions } from "../../infra/executions.ts";
import type { History, HistoryArchive } from "../../infra/histories.ts";
import type { HistoryDocument } from "../../sdk/contracts/catalog.ts";
import { terminal } from "../../sdk/contracts/errors.ts";
import type { ReplayRequest, ReplayVerdict } from "../../sdk/contracts/replay.ts";

type Named = {
  readonly workflowId: string;
  readonly runId: string;
  /** Its object is forgotten. */
  readonly forgotten?: boolean;
};

export type RecordedRun = Pick<ReplayVerdict, "workflow_id" | "run_id" | "from"> & { readonly history?: History };

export type RecordedRunsDependencies = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly catalog: Pick<Catalog, "traces" | "documents" | "histories">;
  readonly executions: Executions;
  readonly archive: HistoryArchive;
};

const isRunId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** The runs that are asked for, each with its history: from Temporal, else from the archive; of named ones, also those that neither has. */
export function recordedRuns(needs: RecordedRunsDependencies, { subject, since }: ReplayRequest): AsyncGenerator<RecordedRun> {
  return subject === undefined ? allRuns(needs, since === undefined ? undefined : new Date(since)) : runsOf(needs, subject);
}

async function* allRuns(needs: RecordedRunsDependencies, since: Date | undefined): AsyncGenerator<RecordedRun> {
  const { client, taskQueue, archive, executions } = needs;
  const seen = new Set<string>();
  const lately = since ? ` AND (CloseTime >= '${since.toISOString()}' OR ExecutionStatus = 'Running')` : "";
  for await (const { workflowId, runId } of client.workflow.list({ query: `TaskQueue = '${taskQueue}'${lately}` })) {
    const history = await executions.history(workflowId, runId);
    if (!history) continue;
    seen.add(runId);
    yield { workflow_id: workflowId, run_id: runId, from: "temporal", history };
  }
  for await (const document of archive.list(since)) {
    if (seen.has(document._id) || (since && document.closed < since)) continue;
    const recorded = await fromArchive(needs, document);
    if (recorded) yield recorded;
  }
}

/** With what they did in other runs: windows of maps, and what a run goes on as. */
async function* runsOf(needs: RecordedRunsDependencies, subject: string): AsyncGenerator<RecordedRun> {
  const open = [...(await named(needs, subject))];
  const seen = new Set<string>();
  if (open.length === 0) {
    const message = `Nothing is known of "${subject}": no run, workflow or object of that name. Expected a run's id, a workflow's id, or CONTAINER/KEY.`;
    throw terminal("NOT_FOUND", message);
  }
  for (let run = open.shift(); run; run = open.shift()) {
    if (seen.has(run.runId)) continue;
    seen.add(run.runId);
    const recorded = await recordOf(needs, run);
    yield recorded;
    open.push(...ownRunsOf(recorded));
  }
}

async function named({ client, catalog, taskQueue }: RecordedRunsDependencies, subject: string): Promise<readonly Named[]> {
  const inTemporal = async (attribute: string) =>
    await Array.fromAsync(
      client.workflow.list({ query: `TaskQueue = '${taskQueue}' AND ${attribute} = '${subject.replaceAll("'", "\\'")}'` }),
    );
  const archived = (documents: readonly HistoryDocument[]) =>
    documents.map(({ _id, workflow_id }) => ({ workflowId: workflow_id, runId: _id }));
  if (isRunId(subject)) return [...archived(await catalog.histories.find({ _id: subject }).toArray()), ...(await inTemporal("RunId"))];
  const slash = subject.indexOf("/");
  const [container, key] = [subject.slice(0, slash), subject.slice(slash + 1)];
  const [traces, document] =
    slash > 0 && key !== ""
      ? await Promise.all([
          catalog.traces.find({ container, key }).project<{ workflow_id: string; run_id: string }>({ workflow_id: 1, run_id: 1 }).toArray(),
          catalog.documents(container).findOne({ _id: key }),
        ])
      : [[], null];
  const ofObject = [...traces, ...(document?.run_id ? [document] : [])];
  const forgotten = document?.state === "forgotten";
  if (ofObject.length > 0)
    return ofObject.map(({ workflow_id = "", run_id = "" }) => ({ workflowId: workflow_id, runId: run_id, forgotten }));
  return [...(await inTemporal("WorkflowId")), ...archived(await catalog.histories.find({ workflow_id: subject }).toArray())];
}

async function recordOf(needs: RecordedRunsDependencies, { workflowId, runId, forgotten }: Named): Promise<RecordedRun> {
  const history = await needs.executions.history(workflowId, runId);
  if (history) return { workflow_id: workflowId, run_id: runId, from: "temporal", history };
  const [document] = await needs.archive.find([runId]);
  const archived = document && (await fromArchive(needs, document));
  if (archived) return archived;
  const removed = forgotten || (await needs.archive.forgotten([runId])).length > 0;
  return { workflow_id: workflowId, run_id: runId, from: removed ? "forgotten" : "lost" };
}

async function fromArchive(
  { archive }: RecordedRunsDependencies,
  { _id, workflow_id, key }: HistoryDocument,
): Promise<RecordedRun | undefined> {
  const history = await archive.read(key);
  return history && { workflow_id, run_id: _id, from: "archive", history };
}

function ownRunsOf({ workflow_id, history }: RecordedRun): readonly Named[] {
  return (history?.events ?? []).flatMap((event): Named[] => {
    const { childWorkflowExecutionStartedEventAttributes: child, workflowExecutionContinuedAsNewEventAttributes: next } = event;
    const { workflowId, runId } = child?.workflowExecution ?? {};
    if (child?.workflowType?.name === "mapItems" && workflowId && runId) return [{ workflowId, runId }];
    return next?.newExecutionRunId ? [{ workflowId: workflow_id, runId: next.newExecutionRunId }] : [];
  });
}
