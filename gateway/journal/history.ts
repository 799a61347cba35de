import type { Arrival } from "../../sdk/contracts/arrival.ts";
import type { Failure } from "../../sdk/contracts/errors.ts";
import type { ArrivalOutcome } from "../../workflows/contract.ts";
import type { JournalDatabase } from "./database.ts";
import type { LiveArrival } from "./live.ts";
import type { ArrivalRecord, Ending, RejectedRecord } from "./records.ts";

export type History = ReturnType<typeof createHistory>;

type PastState = "closed" | "rejected";

/** What left the journal, or never got in: the last `remembered` of each kind. Changed inside transactions only. */
export function createHistory({ sql, tally, name }: JournalDatabase, remembered: number) {
  const insert = sql.prepare("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const bySeq = sql.prepare("SELECT * FROM history WHERE seq = ?");
  const newest = sql.prepare("SELECT * FROM history WHERE state = ? ORDER BY seq DESC LIMIT ?");
  // Looks through all of them, which is some 20,000: asked only of objects of which nothing else is known.
  const ofObject = sql.prepare(
    "SELECT * FROM history WHERE arrival ->> 'container' = ? AND arrival ->> 'key' = ? ORDER BY seq DESC LIMIT ?",
  );
  const forget = sql.prepare("DELETE FROM history WHERE seq IN (SELECT seq FROM history WHERE state = ? ORDER BY seq LIMIT ?)");
  const slack = Math.ceil(remembered / 10);

  function keep(state: PastState): void {
    tally[state] += 1;
    if (tally[state] <= remembered + slack) return;
    tally[state] -= Number(forget.run(state, tally[state] - remembered).changes);
  }

  function read(row: Record<string, unknown>): ArrivalRecord {
    const id = `${name}-${Number(row["seq"])}`;
    const arrival = JSON.parse(String(row["arrival"])) as Arrival;
    const reason = typeof row["reason"] === "string" ? (JSON.parse(row["reason"]) as Failure) : undefined;
    const received = new Date(Number(row["received"])).toISOString();
    if (row["state"] === "rejected") {
      return { id, state: "rejected", received, arrival, record: String(row["record"]), reason: reason as Failure };
    }
    return {
      id,
      state: "closed",
      received,
      closed: new Date(Number(row["closed"])).toISOString(),
      arrival: { ...arrival, id },
      workflowId: String(row["run"]),
      outcome: row["outcome"] as ArrivalOutcome,
      ...(reason && { reason }),
    };
  }

  return {
    close({ seq, received, arrival, run }: LiveArrival, closed: number, { outcome, reason }: Ending): void {
      const { id: _, ...known } = arrival;
      insert.run(seq, "closed", received, closed, JSON.stringify(known), null, run, outcome, reason ? JSON.stringify(reason) : null);
      keep("closed");
    },
    reject(seq: number, received: number, { reason, record, ...known }: RejectedRecord): void {
      insert.run(seq, "rejected", received, received, JSON.stringify(known), record, null, null, JSON.stringify(reason));
      keep("rejected");
    },
    get(seq: number): ArrivalRecord | undefined {
      const row = bySeq.get(seq);
      return row && read(row);
    },
    /** The oldest first. */
    about: (container: string, key: string, most: number) => ofObject.all(container, key, most).map(read).reverse(),
    list: (state: PastState, most: number) => newest.all(state, most).map(read),
  };
}
