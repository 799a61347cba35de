import { fingerprintOf } from "../../sdk/contracts/errors.ts";
import type { JournalDatabase } from "./database.ts";
import type { History } from "./history.ts";
import type { Live, LiveArrival } from "./live.ts";
import type { Ending, Run } from "./records.ts";
import type { Write } from "./write.ts";

/** Which of the waiting arrivals of one tenant go into the next run, and which must wait for a run to close. */
export type Selection<A> = { readonly members: readonly A[]; readonly parked: readonly A[] };

/** Decides on the next run. `waiting` is in the order of arrival; `inRun` says whether a run has the object now. */
export type Select = <A extends Pick<LiveArrival, "arrival">>(waiting: readonly A[], inRun: (one: A) => boolean) => Selection<A>;

/** What the drain asks of the journal. Every change is on disk when its promise resolves. */
export type ArrivalQueue = {
  /** Arrivals that `take` may find. */
  startable(): number;
  started(): number;
  /** Picks the next run, tenants in turn, and writes its members and its workflow id down. */
  take(): Promise<Run | undefined>;
  /** The run has closed. Answers with the runs that go on with some of its arrivals, each with one. */
  settle(workflowId: string, endingOf: (arrival: string) => Ending | undefined): Promise<readonly Run[]>;
  /** Runs that were started, or about to be, and have not been settled. */
  openRuns(): readonly Run[];
};

export type QueueDeps = {
  readonly database: JournalDatabase;
  readonly live: Live;
  readonly history: History;
  readonly write: Write;
  readonly now: () => number;
  readonly select: Select;
  readonly nameRun: (members: Run["arrivals"]) => string;
  /** How many waiting arrivals `select` is shown at a time. */
  readonly window: number;
};

export function createQueue({ database, live, history, write, now, select, nameRun, window }: QueueDeps): ArrivalQueue {
  const { tally } = database;
  let lastTenant = "";

  /** Parking empties the window, so a tenant with nothing to start is left behind after as many rounds as it needs. */
  function next(): Run | undefined {
    for (let tenant = live.nextTenant(lastTenant); tenant !== undefined; tenant = live.nextTenant(lastTenant)) {
      const { members, parked } = select(live.waitingOf(tenant, window), (one) => live.isInRun(one.arrival));
      for (const one of parked) live.change(one, "parked");
      if (members.length === 0) continue;
      lastTenant = tenant;
      const arrivals = members.map((one) => one.arrival);
      const workflowId = nameRun(arrivals);
      for (const one of members) live.change(one, "started", workflowId);
      return { workflowId, arrivals, successor: false };
    }
    return undefined;
  }

  function close(one: LiveArrival, ending: Ending): readonly Run[] {
    if (ending.outcome === "handed-over" && ending.successor !== undefined) {
      live.change(one, "started", ending.successor, true);
      return [{ workflowId: ending.successor, arrivals: [one.arrival], successor: true }];
    }
    live.remove(one);
    history.close(one, now(), ending);
    live.unpark(one.arrival);
    return [];
  }

  return {
    startable: () => tally.waiting,
    started: () => tally.started,
    take: () => write(next),
    settle: (workflowId, endingOf) =>
      write(() => live.ofRun(workflowId).flatMap((one) => close(one, endingOf(one.arrival.id) ?? silent(workflowId)))),
    openRuns() {
      const runs = new Map<string, { workflowId: string; arrivals: Run["arrivals"][number][]; successor: boolean }>();
      for (const { run, arrival, successor } of live.list("started", -1)) {
        const workflowId = run ?? "";
        const known = runs.get(workflowId) ?? { workflowId, arrivals: [], successor };
        known.arrivals.push(arrival);
        runs.set(workflowId, known);
      }
      return [...runs.values()];
    },
  };
}

function silent(workflowId: string): Ending {
  const message = `The run ${workflowId} closed without an outcome for this arrival: look at it in the Temporal UI, then reprocess the object.`;
  const code = "NO_OUTCOME";
  return { outcome: "failed", reason: { code, kind: "terminal", message, fingerprint: fingerprintOf(code, undefined, message) } };
}
