import { fingerprintOf } from "../../sdk/contracts/errors.ts";
import type { JournalDatabase } from "./database.ts";
import type { History } from "./history.ts";
import type { Live, LiveArrival } from "./live.ts";
import type { Ending, Run } from "./records.ts";
import { createThrottle, type Throttle } from "./throttle.ts";
import type { Write } from "./write.ts";

/** Which of the waiting arrivals of one tenant go into the next run, and which must wait for a run to close. */
export type Selection<A> = { readonly members: readonly A[]; readonly parked: readonly A[] };

/** Decides on the next run. `waiting` is in the order of arrival; `inRun` says whether a run has the object now. */
export type Select = <A extends Pick<LiveArrival, "arrival">>(waiting: readonly A[], inRun: (one: A) => boolean) => Selection<A>;

/** What the drain asks of the journal. Every change is on disk when its promise resolves. */
export type ArrivalQueue = {
  /** Arrivals that `take` may find. */
  startable(): number;
  /** Milliseconds until a tenant that is throttled may go on, where the last `take` met one and found no run. */
  resumes(): number | undefined;
  started(): number;
  /** Whether another tenant had something to do just now. */
  isShared(tenant: string): boolean;
  /** Picks the next run, tenants in turn, and writes its members and its workflow id down. `mayStart` holds a tenant back. */
  take(mayStart?: (tenant: string) => boolean): Promise<Run | undefined>;
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
  /** As `window`, while several tenants have something to do: a tenant's run must not keep the others waiting for long. */
  readonly sharedWindow?: number;
  readonly throttle?: Throttle;
};

/** Milliseconds for which a tenant counts as present after its last run was taken. */
const presence = 5_000;
const unlimited = createThrottle({});

export function createQueue(deps: QueueDeps): ArrivalQueue {
  const { database, live, history, write, now, select, nameRun, window, sharedWindow = window, throttle = unlimited } = deps;
  const { tally } = database;
  const present = new Map<string, number>();
  let lastTenant = "";
  let resumption: number | undefined;

  /** Each waiting tenant once, but for those that are held back. */
  function next(mayStart: (tenant: string) => boolean): Run | undefined {
    const heldBack = new Set<string>();
    const waits: number[] = [];
    resumption = undefined;
    for (let tenant = live.nextTenant(lastTenant); tenant !== undefined && !heldBack.has(tenant); tenant = live.nextTenant(tenant)) {
      const wait = throttle.wait(tenant);
      if (wait > 0) waits.push(wait);
      const run = wait === 0 && mayStart(tenant) ? runOf(tenant) : undefined;
      if (run) return run;
      heldBack.add(tenant);
    }
    if (waits.length > 0) resumption = now() + Math.min(...waits);
    return undefined;
  }

  /** Parking empties the window: a tenant with nothing to start is left behind after as many rounds as it needs. */
  function runOf(tenant: string): Run | undefined {
    const shown = Math.min(isShared(tenant) ? sharedWindow : window, throttle.room(tenant));
    for (let waiting = live.waitingOf(tenant, shown); waiting.length > 0; waiting = live.waitingOf(tenant, shown)) {
      const { members, parked } = select(waiting, (one) => live.isInRun(one.arrival));
      for (const one of parked) live.change(one, "parked");
      if (members.length === 0) continue;
      const arrivals = members.map((one) => one.arrival);
      const workflowId = nameRun(arrivals);
      for (const one of members) live.change(one, "started", workflowId);
      throttle.take(
        tenant,
        arrivals.length,
        arrivals.reduce((sum, { size = 0 }) => sum + size, 0),
      );
      lastTenant = tenant;
      present.set(tenant, now());
      return { workflowId, arrivals, successor: false };
    }
    return undefined;
  }

  function isShared(tenant: string): boolean {
    const long = now() - presence;
    for (const [other, seen] of present) if (seen < long) present.delete(other);
    return present.size > Number(present.has(tenant));
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
    resumes: () => (resumption === undefined ? undefined : Math.max(0, resumption - now())),
    started: () => tally.started,
    isShared,
    take: (mayStart = () => true) => write(() => next(mayStart)),
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
