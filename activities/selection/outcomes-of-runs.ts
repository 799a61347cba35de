import type { Catalog } from "../../infra/catalog.ts";
import type { Executions } from "../../infra/executions.ts";
import type { TraceDocument } from "../../sdk/contracts/catalog.ts";
import { retryable, toFailure } from "../../sdk/contracts/errors.ts";
import type { ObjectRun, RunEnd } from "../contract.ts";

type Needs = { readonly catalog: Pick<Catalog, "traces">; readonly executions: Pick<Executions, "statusOf"> };

/** Runs that Temporal is asked about side by side. */
const asked = 20;

/** How runs of single objects ended; null for those that are open. See `Activities.outcomesOfRuns`. */
export async function outcomesOfRuns({ catalog, executions }: Needs, runs: readonly ObjectRun[]): Promise<readonly (RunEnd | null)[]> {
  const traceOf = ({ runId, container, key }: ObjectRun) => `${runId}/${container}/${key}`;
  const read = async (some: readonly ObjectRun[]) => {
    const traces = await catalog.traces.find({ _id: { $in: some.map(traceOf) } }).toArray();
    return new Map(traces.map((trace) => [trace._id, endOf(trace)]));
  };
  const known = await read(runs);
  const silent = runs.filter((run) => !known.has(traceOf(run)));
  const closed: { readonly run: ObjectRun; readonly status: string | undefined }[] = [];
  for (let from = 0; from < silent.length; from += asked) {
    const some = silent.slice(from, from + asked);
    const statuses = await Promise.all(some.map(({ workflowId, runId }) => executions.statusOf(workflowId, runId)));
    closed.push(...some.map((run, index) => ({ run, status: statuses[index] })).filter(({ status }) => status !== "RUNNING"));
  }
  // Once more: its trace may have been written between the two questions.
  const late = closed.length > 0 ? await read(closed.map(({ run }) => run)) : new Map<string, RunEnd>();
  const ends = new Map(closed.map(({ run, status }) => [traceOf(run), late.get(traceOf(run)) ?? untraced(run, status)]));
  return runs.map((run) => known.get(traceOf(run)) ?? ends.get(traceOf(run)) ?? null);
}

function endOf({ outcome, reason }: TraceDocument): RunEnd {
  return { outcome, ...(reason && { reason }) };
}

/** A run that ended well without a trace found that another had its object; one that was ended from outside did not get that far. */
function untraced({ container, key }: ObjectRun, status: string | undefined): RunEnd {
  if (status === undefined || status === "COMPLETED") return { outcome: "duplicate" };
  const message = `The run of ${container}/${key} ended as ${status.toLowerCase().replaceAll("_", " ")} before it had closed the object. Process it again.`;
  return { outcome: "failed", reason: toFailure(retryable("RUN_ENDED", message)) };
}
