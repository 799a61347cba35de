import { CancellationScope, setCurrentDetails, sleep } from "@temporalio/workflow";
import type { Admission, Admitted, RunIdentity } from "../activities/contract.ts";
import type { Arrival } from "../sdk/contracts/arrival.ts";
import { bookkeeping } from "./bookkeeping.ts";
import { closingOf, finish, replacePrevious } from "./closing.ts";
import type { HandedOver, IngestInput, IngestResult } from "./contract.ts";
import { handOver, type Missing, patience, settleMissing } from "./hand-over.ts";
import { runPhases } from "./phases.ts";
import { progressOf } from "./progress.ts";
import { type Member, type PlanRun, thisRun } from "./run.ts";
import { publishState } from "./search.ts";

type Outcome = IngestResult["outcomes"][number];

/**
 * Takes arrivals from claim to closed document. A group of objects runs stage by stage together; whichever fails,
 * has to wait or takes long goes on in a run of its own. The run of a single object that cannot be processed fails,
 * with the reason.
 */
export async function ingest(input: IngestInput): Promise<IngestResult> {
  const { arrivals, handedOver } = input;
  const alone = arrivals.length === 1;
  const run = thisRun(handedOver?.from);
  const admission = alone ? await admitAlone(arrivals, run) : await bookkeeping.admitArrivals(arrivals, run);
  const outcomes = new Map<string, Outcome>();
  const members: Member[] = [];
  const missing: Missing[] = [];
  const leaving: Promise<void>[] = [];

  for (const [index, admitted] of admission.members.entries()) {
    const arrival = arrivals[index] as Arrival;
    if (admitted.status === "admitted") members.push(memberOf(arrival, admitted, admission, handedOver));
    else if (admitted.status === "refused" && alone)
      members.push({ ...memberOf(arrival, { ...admitted, typeBy: "none", plans: [] }, admission, undefined), refused: admitted.failure });
    else if (admitted.status === "duplicate")
      outcomes.set(arrival.id, { arrival: arrival.id, outcome: "duplicate", successor: admitted.holder });
    else if (admitted.status === "gone") missing.push({ arrival, failure: admitted.failure });
    else
      leaving.push(
        handOver(arrival, []).then(
          (successor) => void outcomes.set(arrival.id, { arrival: arrival.id, outcome: "handed-over", successor }),
        ),
      );
  }

  const staying = () => members.filter((member) => !member.leaving);
  const beforeWaiting = once(() => publishState(staying(), "processing"));
  const progressed = () => setCurrentDetails(progressOf(members));
  progressed();
  await runPhases(staying, { alone, failedBefore: failedBefore(handedOver), beforeWaiting, progressed });
  for (const member of members.filter((one) => one.leaving)) {
    leaving.push(
      handOver(member.arrival, member.runs).then(
        (successor) => void outcomes.set(member.arrival.id, { arrival: member.arrival.id, outcome: "handed-over", successor }),
      ),
    );
  }
  await Promise.all(leaving);

  await replacePrevious(staying());
  const closings = members.map((member) => closingOf(member, outcomes.get(member.arrival.id)?.successor));
  if (closings.length > 0) await CancellationScope.nonCancellable(() => bookkeeping.closeDocuments(closings, thisRun()));
  for (const { arrival, trace } of closings) {
    if (trace.outcome === "handed-over") continue;
    outcomes.set(arrival.id, { arrival: arrival.id, outcome: trace.outcome, ...(trace.reason && { reason: trace.reason }) });
  }
  for (const outcome of await settleMissing(missing, alone, run)) outcomes.set(outcome.arrival, outcome);
  const result: IngestResult = { outcomes: arrivals.map(({ id }) => outcomes.get(id) as Outcome) };
  finish(members, result, alone);
  return result;
}

/** One object may wait: for the store to hold it, for an older version's run to end. */
async function admitAlone(arrivals: readonly Arrival[], run: RunIdentity): Promise<Admission> {
  for (let tries = 0, waits = 0; ;) {
    const admission = await bookkeeping.admitArrivals(arrivals, run);
    const [admitted] = admission.members;
    if (admitted?.status === "gone" && tries < patience.length) {
      setCurrentDetails("The store does not hold the object yet; looking again.");
      await sleep((patience[tries++] as number) * 1_000);
    } else if (admitted?.status === "busy") {
      setCurrentDetails(`Waiting for the older version's run: ${admitted.holder}`);
      await sleep(Math.min(30_000, 500 * 2 ** waits++));
    } else return admission;
  }
}

function memberOf(
  arrival: Arrival,
  admitted: Admitted & { status: "admitted" | "refused"; typeBy?: string; plans?: readonly string[] },
  admission: Admission,
  handedOver: HandedOver | undefined,
): Member {
  const fresh = (admitted.plans ?? []).map((hash): PlanRun => ({
    published: admission.plans[hash] as PlanRun["published"],
    settled: {},
    steps: [],
  }));
  // Whatever is in force by now: it ends on the plans that it began with.
  const runs =
    handedOver && handedOver.runs.length > 0 ? handedOver.runs.map((one): PlanRun => ({ ...one, steps: [...one.steps] })) : fresh;
  return {
    arrival,
    object: admitted.object,
    typeBy: admitted.typeBy ?? "none",
    claimed: admitted.claimed,
    runs,
    previous: admitted.previous,
    leaving: false,
  };
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}

/** Nodes that a handed-over object failed in its group: they are not tried locally again. */
function failedBefore(handedOver: HandedOver | undefined): ReadonlySet<string> {
  return new Set(
    handedOver?.runs.flatMap(({ steps, settled }) =>
      steps.filter(({ status, node }) => status === "failed" && !settled[node]).map(({ node }) => node),
    ),
  );
}
