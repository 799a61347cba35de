import type { Tenants } from "../../infra/rates.ts";
import { retryable } from "../../sdk/contracts/errors.ts";
import { openDatabase } from "./database.ts";
import { backlogOf, type Waiting } from "./backlog.ts";
import { createHistory } from "./history.ts";
import { createLive, type LiveArrival, liveRecord } from "./live.ts";
import { type ArrivalQueue, createQueue, type QueueDeps } from "./queue.ts";
import type { ArrivalRecord, ArrivalState, NewArrival, RejectedRecord, Waits } from "./records.ts";
import { createThrottle, tenantOf } from "./throttle.ts";
import { createWriter } from "./write.ts";

export type JournalCounts = {
  /** Not in a run yet, whether they may start now or wait for an earlier arrival of the same object. */
  readonly waiting: number;
  readonly started: number;
  /** Of those that are still remembered. */
  readonly rejected: number;
};

/** Where arrivals are kept from the moment they are acknowledged until their run has closed. */
export type Journal = AsyncDisposable & {
  /**
   * Resolves once they are on disk, with one id each: arrivals first, then rejected ones.
   * @throws `JOURNAL_FULL`, `JOURNAL_UNAVAILABLE` (both retryable)
   */
  add(arrivals: readonly NewArrival[], rejected?: readonly RejectedRecord[]): Promise<readonly string[]>;
  get(id: string): ArrivalRecord | undefined;
  /** Arrivals of an object that have not left the journal, the oldest first, and why they wait. */
  about(container: string, key: string): readonly ArrivalRecord[];
  /** Those of an object that have left it, as far as they are remembered: for objects of which nothing else is known. */
  remembered(container: string, key: string): readonly ArrivalRecord[];
  /** Waiting and started ones oldest first, the others newest first. */
  list(state: ArrivalState, limit: number): readonly ArrivalRecord[];
  counts(): JournalCounts;
  /** Tenants with limits of whom arrivals wait, and how many. */
  throttled(): readonly { readonly tenant: string; readonly waiting: number }[];
  /** Told from all other journals by it. */
  readonly name: string;
  /** Since when arrivals wait. */
  backlog(): readonly Waiting[];
  /** Calls back each time after arrivals were added. */
  onArrival(listener: () => void): void;
  readonly queue: ArrivalQueue;
};

export type JournalOptions = Pick<QueueDeps, "select" | "nameRun" | "window" | "sharedWindow"> & {
  readonly path: string;
  /** Most live arrivals; past it `add` throws `JOURNAL_FULL`. */
  readonly limit: number;
  /** How many rejected and how many closed ones are remembered. */
  readonly remembered?: number;
  readonly now?: () => number;
  /** Limits of tenants; none by default. */
  readonly tenants?: Tenants;
};

export function openJournal({ path, limit, remembered = 20_000, now = Date.now, tenants = {}, ...run }: JournalOptions): Journal {
  const database = openDatabase(path);
  const live = createLive(database);
  const history = createHistory(database, remembered);
  const write = createWriter(database);
  const throttle = createThrottle(tenants);
  const listeners: (() => void)[] = [];
  const { name, tally } = database;
  let adding = 0;

  function waitsOf(one: LiveArrival, started: LiveArrival | undefined): Waits {
    if (one.state === "parked") return { for: "object", workflowId: started?.run ?? "" };
    const before = live.before(one, mostCounted);
    const milliseconds = throttle.wait(one.arrival.tenant);
    return milliseconds > 0 ? { for: "limit", milliseconds, before } : { for: "turn", before };
  }

  function checkRoom(count: number): void {
    const held = tally.waiting + tally.parked + tally.started + adding;
    // An empty journal takes a body of any size: a store whose one post exceeds the bound would send it for ever.
    if (count === 0 || held === 0 || held + count <= limit) return;
    throw retryable(
      "JOURNAL_FULL",
      `The journal holds ${held} arrivals, ${count} more would pass its bound of ${limit} (SLUICE_JOURNAL_LIMIT): send them again later.`,
    );
  }

  return {
    queue: createQueue({ database, live, history, write, now, throttle, ...run }),
    async add(arrivals, rejected = []) {
      if (arrivals.length + rejected.length === 0) return [];
      checkRoom(arrivals.length);
      adding += arrivals.length;
      const ids = await write(() => {
        const received = now();
        const first = tally.seq + 1;
        for (const arrival of arrivals) live.insert((tally.seq += 1), received, { ...arrival, tenant: tenantOf(tenants, arrival) });
        for (const record of rejected) history.reject((tally.seq += 1), received, record);
        return Array.from({ length: tally.seq + 1 - first }, (_, index) => `${name}-${first + index}`);
      }).finally(() => (adding -= arrivals.length));
      if (arrivals.length > 0) for (const listener of listeners) listener();
      return ids;
    },
    get(id) {
      const seq = seqOf(id, name);
      if (seq === undefined) return undefined;
      const found = live.get(seq);
      return found ? liveRecord(found) : history.get(seq);
    },
    about(container, key) {
      const found = live.ofObject(container, key, mostOfObject);
      const started = found.find(({ state }) => state === "started");
      return found.map((one) => (one.state === "started" ? liveRecord(one) : { ...liveRecord(one), waits: waitsOf(one, started) }));
    },
    remembered: (container, key) => history.about(container, key, mostOfObject),
    list: (state, most) =>
      state === "waiting" || state === "started" ? live.list(state, most).map(liveRecord) : history.list(state, most),
    counts: () => ({ waiting: tally.waiting + tally.parked, started: tally.started, rejected: tally.rejected }),
    throttled: () => live.waitingTenants().filter(({ tenant }) => throttle.limits(tenant)),
    name,
    backlog: () => backlogOf(live),
    onArrival: (listener) => void listeners.push(listener),
    async [Symbol.asyncDispose]() {
      await write.idle();
      database[Symbol.dispose]();
    },
  };
}

/** Of one object, however often it was announced. */
const mostOfObject = 50;

/** Arrivals before one that waits are counted so far: nobody tells more of them apart. */
const mostCounted = 10_000;

function seqOf(id: string, journal: string): number | undefined {
  const [, name, seq] = /^([a-z0-9]+)-([0-9]{1,15})$/.exec(id) ?? [];
  return name === journal ? Number(seq) : undefined;
}
