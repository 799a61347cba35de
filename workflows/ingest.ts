import { CancellationScope, setCurrentDetails, sleep } from "@temporalio/workflow";
import type { Admission, Admitted, Again, RunIdentity } from "../activities/contract.ts";
import type { Arrival } from "../sdk/contracts/arrival.ts";
import type { Receipt } from "../sdk/contracts/receipt.ts";
import { keptSteps } from "../sdk/interpreter/resume.ts";
import type { RunState } from "../sdk/interpreter/settled.ts";
import { waitingCodes } from "../sdk/contracts/errors.ts";
import { bookkeeping } from "./bookkeeping.ts";
import { closingOf, finish, replacePrevious } from "./closing.ts";
import type { HandedOver, IngestInput, IngestResult } from "./contract.ts";
import { handOver, type Missing, patience, settleMissing } from "./hand-over.ts";
import { runPhases } from "./phases.ts";
import type { PlanOptions } from "./run-plan.ts";
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
  const { arrivals, handedOver, again } = input;
  const alone = arrivals.length === 1;
  const run = thisRun(handedOver?.from);
  const admission = alone ? await admitAlone(arrivals, run, again) : await bookkeeping.admitArrivals(arrivals, run, again);
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
    else if (admitted.status === "closed")
      outcomes.set(arrival.id, {
        arrival: arrival.id,
        outcome: admitted.outcome,
        ...(admitted.failure && { reason: admitted.failure }),
      });
    else if (admitted.status === "declined")
      outcomes.set(arrival.id, { arrival: arrival.id, outcome: "declined", reason: admitted.failure });
    else leaving.push(handOver(arrival, [], again).then((outcome) => void outcomes.set(arrival.id, outcome)));
  }

  const staying = () => members.filter((member) => !member.leaving);
  const beforeWaiting = once(() => publishState(staying(), "processing"));
  const progressed = () => setCurrentDetails(progressOf(members));
  progressed();
  await runPhases(staying, { alone, triedBefore: triedBefore(handedOver), beforeWaiting, progressed });
  for (const member of members.filter((one) => one.leaving)) {
    leaving.push(handOver(member.arrival, member.runs, again).then((outcome) => void outcomes.set(member.arrival.id, outcome)));
  }
  await Promise.all(leaving);

  await replacePrevious(staying());
  const closings = members.map((member) => closingOf(member, outcomes.get(member.arrival.id)?.successor));
  const closed =
    closings.length > 0 ? await CancellationScope.nonCancellable(() => bookkeeping.closeDocuments(closings, thisRun())) : undefined;
  // Histories of before it said what the catalog did not take have nothing here.
  const failures = new Map(closed?.unkept.map(({ arrival, failure }) => [arrival, failure]));
  for (const { arrival, trace } of closings) {
    if (trace.outcome === "handed-over") continue;
    const failure = failures.get(arrival.id);
    const reason = failure ?? trace.reason;
    outcomes.set(arrival.id, { arrival: arrival.id, outcome: failure ? "failed" : trace.outcome, ...(reason && { reason }) });
  }
  for (const outcome of await settleMissing(missing, alone, run, again)) outcomes.set(outcome.arrival, outcome);
  const result: IngestResult = { outcomes: arrivals.map(({ id }) => outcomes.get(id) as Outcome) };
  finish(members, result, alone);
  return result;
}

/** One object may wait: for the store to hold it, for an older version's run to end. */
async function admitAlone(arrivals: readonly Arrival[], run: RunIdentity, again?: Again): Promise<Admission> {
  for (let tries = 0, waits = 0; ;) {
    const admission = await bookkeeping.admitArrivals(arrivals, run, again);
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
  admitted: Admitted & {
    status: "admitted" | "refused";
    typeBy?: string;
    plans?: readonly string[];
    custom?: readonly string[];
    kept?: { readonly [plan: string]: RunState };
  },
  admission: Admission,
  handedOver: HandedOver | undefined,
): Member {
  const fresh = (admitted.plans ?? []).map((name): PlanRun => {
    const published = admission.plans[name] as PlanRun["published"];
    const settled = admitted.kept?.[name] ?? {};
    const custom = admitted.custom?.includes(name);
    return { published, settled, steps: keptSteps(published.plan, settled), ...(custom !== undefined && { custom }) };
  });
  // Whatever is in force by now: it ends on the plans that it began with.
  const runs =
    handedOver && handedOver.runs.length > 0 ? handedOver.runs.map((one): PlanRun => ({ ...one, steps: [...one.steps] })) : fresh;
  return {
    arrival,
    object: admitted.object,
    typeBy: admitted.typeBy ?? "none",
    claimed: admitted.claimed,
    runs,
    previous: notKept(admitted.previous, runs),
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

/** Nodes that a handed-over object failed in its group, plan by plan, and how many attempts that counts for. */
function triedBefore(handedOver: HandedOver | undefined): PlanOptions["triedBefore"] {
  return new Map(
    handedOver?.runs.map(({ published, steps, settled }) => {
      const failed = steps.filter(({ status, node }) => status === "failed" && !settled[node]);
      return [
        published,
        new Map(
          failed.map(({ node, failure, attempt }) => [node, failure && waitingCodes.has(failure.code) ? 0 : Math.max(1, attempt ?? 1)]),
        ),
      ];
    }),
  );
}

/** What an earlier processing wrote, without that which is kept of it. */
function notKept(previous: readonly Receipt[], runs: readonly PlanRun[]): readonly Receipt[] {
  const kept = new Set(
    runs.flatMap(({ steps }) => steps.filter(({ mode }) => mode === "kept").map(({ receipt }) => JSON.stringify(receipt))),
  );
  return kept.size === 0 ? previous : previous.filter((receipt) => !kept.has(JSON.stringify(receipt)));
}
