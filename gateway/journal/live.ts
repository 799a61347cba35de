import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { JournalDatabase } from "./database.ts";
import type { ArrivalRecord, NewArrival } from "./records.ts";

export type LiveState = "waiting" | "parked" | "started";

/** A live arrival as it stands in its table. */
export type LiveArrival = {
  readonly seq: number;
  readonly state: LiveState;
  readonly received: number;
  readonly arrival: Arrival;
  readonly run: string | null;
  readonly successor: boolean;
};

/** Which object an arrival is about. */
export type ObjectRef = Pick<Arrival, "store" | "container" | "key">;

export type Live = ReturnType<typeof createLive>;

/** The table of live arrivals. What changes it is called inside a transaction. */
export function createLive({ sql, tally, name }: JournalDatabase) {
  const insert = sql.prepare(
    "INSERT INTO arrivals (seq, state, tenant, store, container, key, received, arrival) VALUES (?, 'waiting', ?, ?, ?, ?, ?, ?)",
  );
  const bySeq = sql.prepare("SELECT * FROM arrivals WHERE seq = ?");
  const notStarted = sql.prepare("SELECT * FROM arrivals WHERE state IN ('waiting', 'parked') ORDER BY seq LIMIT ?");
  // Named, since the planner would rather walk through a whole backlog than sort the few that are started.
  const started = sql.prepare("SELECT * FROM arrivals INDEXED BY started_by_run WHERE state = 'started' ORDER BY seq LIMIT ?");
  const ofRun = sql.prepare("SELECT * FROM arrivals WHERE state = 'started' AND run = ? ORDER BY seq");
  const nextTenant = sql.prepare("SELECT min(tenant) AS tenant FROM arrivals WHERE state = 'waiting' AND tenant > ?");
  const ofTenant = sql.prepare("SELECT * FROM arrivals WHERE state = 'waiting' AND tenant = ? ORDER BY seq LIMIT ?");
  const waitingTenants = sql.prepare("SELECT tenant, count(*) AS waiting FROM arrivals WHERE state = 'waiting' GROUP BY tenant LIMIT 1000");
  const inRun = sql.prepare("SELECT 1 FROM arrivals WHERE state = 'started' AND store = ? AND container = ? AND key = ?");
  const firstParked = sql.prepare(
    "SELECT seq FROM arrivals WHERE state = 'parked' AND store = ? AND container = ? AND key = ? ORDER BY seq LIMIT 1",
  );
  const ofObject = sql.prepare("SELECT * FROM arrivals WHERE container = ? AND key = ? ORDER BY seq LIMIT ?");
  const before = sql.prepare(
    "SELECT count(*) AS count FROM (SELECT 1 FROM arrivals WHERE state = 'waiting' AND tenant = ? AND seq < ? LIMIT ?)",
  );
  const change = sql.prepare("UPDATE arrivals SET state = ?, run = ?, successor = ? WHERE seq = ?");
  const remove = sql.prepare("DELETE FROM arrivals WHERE seq = ?");

  const read = (row: Record<string, unknown>): LiveArrival => ({
    seq: Number(row["seq"]),
    state: row["state"] as LiveState,
    received: Number(row["received"]),
    arrival: { id: `${name}-${Number(row["seq"])}`, ...(JSON.parse(String(row["arrival"])) as NewArrival) },
    run: row["run"] as string | null,
    successor: row["successor"] === 1,
  });

  return {
    insert(seq: number, received: number, arrival: NewArrival): void {
      const { tenant, store, container, key } = arrival;
      insert.run(seq, tenant, store, container, key, received, JSON.stringify(arrival));
      tally.waiting += 1;
    },
    get(seq: number): LiveArrival | undefined {
      const row = bySeq.get(seq);
      return row && read(row);
    },
    list: (state: "waiting" | "started", most: number) => (state === "waiting" ? notStarted : started).all(most).map(read),
    ofRun: (run: string) => ofRun.all(run).map(read),
    ofObject: (container: string, key: string, most: number) => ofObject.all(container, key, most).map(read),
    /** How many arrivals of its tenant are to be started before this one; `most` where there are more. */
    before: ({ seq, arrival }: LiveArrival, most: number) => Number(before.get(arrival.tenant, seq, most)?.["count"]),
    /** The tenant with waiting arrivals that follows in alphabetical order, round and round. */
    nextTenant(after: string): string | undefined {
      const tenant = nextTenant.get(after)?.["tenant"] ?? nextTenant.get("")?.["tenant"];
      return typeof tenant === "string" ? tenant : undefined;
    },
    waitingOf: (tenant: string, most: number) => ofTenant.all(tenant, most).map(read),
    waitingTenants: () => waitingTenants.all().map((row) => ({ tenant: String(row["tenant"]), waiting: Number(row["waiting"]) })),
    isInRun: ({ store, container, key }: ObjectRef) => inRun.get(store, container, key) !== undefined,
    change(one: LiveArrival, state: LiveState, run: string | null = null, successor = false): void {
      change.run(state, run, Number(successor), one.seq);
      tally[one.state] -= 1;
      tally[state] += 1;
    },
    remove(one: LiveArrival): void {
      remove.run(one.seq);
      tally[one.state] -= 1;
    },
    /** The object is in no run any more: the first arrival of it that was parked waits again. */
    unpark({ store, container, key }: ObjectRef): void {
      const seq = firstParked.get(store, container, key)?.["seq"];
      if (typeof seq !== "number") return;
      change.run("waiting", null, 0, seq);
      tally.parked -= 1;
      tally.waiting += 1;
    },
  };
}

export function liveRecord({ state, received, arrival, run }: LiveArrival): ArrivalRecord {
  const known = { id: arrival.id, received: new Date(received).toISOString(), arrival };
  return state === "started" ? { ...known, state, workflowId: run ?? "" } : { ...known, state: "waiting" };
}
