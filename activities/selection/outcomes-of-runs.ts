import type { Catalog } from "../../infra/catalog.ts";
import type { TraceDocument } from "../../sdk/contracts/catalog.ts";
import type { IsClosed } from "../admission/claim.ts";
import type { ObjectRun, RunEnd } from "../contract.ts";

/** Runs that Temporal is asked about side by side. */
const asked = 20;

/** How runs of single objects ended; null for those that are open. See `Activities.outcomesOfRuns`. */
export async function outcomesOfRuns(
  catalog: Pick<Catalog, "traces">,
  isClosed: IsClosed,
  runs: readonly ObjectRun[],
): Promise<readonly (RunEnd | null)[]> {
  const traceOf = ({ runId, container, key }: ObjectRun) => `${runId}/${container}/${key}`;
  const read = async (some: readonly ObjectRun[]) => {
    const traces = await catalog.traces.find({ _id: { $in: some.map(traceOf) } }).toArray();
    return new Map(traces.map((trace) => [trace._id, endOf(trace)]));
  };
  const known = await read(runs);
  const silent = runs.filter((run) => !known.has(traceOf(run)));
  const closed: ObjectRun[] = [];
  for (let from = 0; from < silent.length; from += asked) {
    const some = silent.slice(from, from + asked);
    const are = await Promise.all(some.map(({ workflowId, runId }) => isClosed(workflowId, runId)));
    closed.push(...some.filter((_, index) => are[index]));
  }
  // Once more: its trace may have been written between the two questions. What closed without one was taken by another.
  const late = closed.length > 0 ? await read(closed) : new Map<string, RunEnd>();
  const ends = new Map<string, RunEnd>(closed.map((run) => [traceOf(run), late.get(traceOf(run)) ?? { outcome: "duplicate" }]));
  return runs.map((run) => known.get(traceOf(run)) ?? ends.get(traceOf(run)) ?? null);
}

function endOf({ outcome, reason }: TraceDocument): RunEnd {
  return { outcome, ...(reason && { reason }) };
}
