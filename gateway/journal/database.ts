import { randomInt } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { retryable, type SluiceError, terminal } from "../../sdk/contracts/errors.ts";

const version = 1;

// A live arrival is `waiting`, `parked` (an earlier one of the same object is in a run) or `started`; what left the
// journal is `closed` or `rejected` and kept in `history` for a while. The partial indexes hold what a look-up of the
// drain wants and nothing else, so that they stay small whatever the backlog.
const schema = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE arrivals (
    seq INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    tenant TEXT NOT NULL,
    store TEXT NOT NULL,
    container TEXT NOT NULL,
    key TEXT NOT NULL,
    received INTEGER NOT NULL,
    arrival TEXT NOT NULL,
    run TEXT,
    successor INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX waiting_by_tenant ON arrivals (tenant, seq) WHERE state = 'waiting';
  CREATE INDEX started_by_run ON arrivals (run) WHERE state = 'started';
  CREATE TABLE history (
    seq INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    received INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    arrival TEXT NOT NULL,
    record TEXT,
    run TEXT,
    outcome TEXT,
    reason TEXT
  ) STRICT;
  CREATE INDEX history_by_state ON history (state, seq);
  PRAGMA user_version = ${version};
`;

/** What the journal holds, counted along, since counting a million rows takes longer than a webhook may. */
export type Tally = { waiting: number; parked: number; started: number; closed: number; rejected: number; seq: number };

export type JournalDatabase = Disposable & {
  readonly sql: DatabaseSync;
  /** Changed inside transactions only; set back when one fails. */
  readonly tally: Tally;
  /** Drawn when the file was made, so that a journal that replaces a lost one never repeats its ids. */
  readonly name: string;
  /** All of it or nothing, on disk when it returns. @throws `JOURNAL_UNAVAILABLE` (retryable) */
  transaction<R>(work: () => R): R;
};

/** Opens the journal's file, or makes it. One process at a time: the file stays locked until it is closed. */
export function openDatabase(path: string): JournalDatabase {
  mkdirSync(dirname(path), { recursive: true });
  let sql: DatabaseSync | undefined;
  try {
    sql = new DatabaseSync(path, { timeout: 2_000 });
    sql.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    prepareSchema(sql, path);
    return databaseOf(sql, path);
  } catch (error) {
    sql?.close();
    throw unavailable(error, path) ?? error;
  }
}

function prepareSchema(sql: DatabaseSync, path: string): void {
  sql.exec("BEGIN IMMEDIATE");
  const found = Number(sql.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (found === 0) {
    sql.exec(schema);
    sql.prepare("INSERT INTO meta VALUES ('name', ?)").run(randomName());
  } else if (found !== version) {
    throw terminal(
      "JOURNAL_VERSION",
      `The journal ${path} has format ${found}, this gateway reads format ${version}: drain it with the Sluice that wrote it, or name another file.`,
    );
  }
  // By which an object is found; a journal made before it was asked for lacks it.
  sql.exec("CREATE INDEX IF NOT EXISTS by_object ON arrivals (container, key, state, seq)");
  sql.exec("COMMIT");
}

function databaseOf(sql: DatabaseSync, path: string): JournalDatabase {
  const meta = sql.prepare("SELECT value FROM meta WHERE name = ?");
  const saveSeq = sql.prepare("INSERT INTO meta VALUES ('seq', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value");
  const tally: Tally = { waiting: 0, parked: 0, started: 0, closed: 0, rejected: 0, seq: Number(meta.get("seq")?.["value"] ?? 0) };
  const count = "SELECT state, count(*) AS count FROM arrivals GROUP BY state UNION ALL SELECT state, count(*) FROM history GROUP BY state";
  for (const row of sql.prepare(count).all()) tally[row["state"] as keyof Tally] = Number(row["count"]);

  return {
    sql,
    tally,
    name: String(meta.get("name")?.["value"]),
    transaction(work) {
      const before = { ...tally };
      try {
        sql.exec("BEGIN IMMEDIATE");
        const result = work();
        if (tally.seq !== before.seq) saveSeq.run(String(tally.seq));
        sql.exec("COMMIT");
        return result;
      } catch (error) {
        Object.assign(tally, before);
        if (sql.isOpen && sql.isTransaction) sql.exec("ROLLBACK");
        throw unavailable(error, path) ?? error;
      }
    },
    [Symbol.dispose]: () => sql.close(),
  };
}

const busy = 5;

/** SQLite's error, or that of a closed database, as an error that says what to do; anything else is a bug. */
function unavailable(error: unknown, path: string): SluiceError | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  if (error.code === "ERR_INVALID_STATE") {
    return retryable("JOURNAL_UNAVAILABLE", `The journal ${path} is closed: the gateway is stopping. Send it again later.`, {
      cause: error,
    });
  }
  if (error.code !== "ERR_SQLITE_ERROR") return undefined;
  const held = "errcode" in error && error.errcode === busy;
  const advice = held
    ? "Another gateway has it open: stop that one, or give this one a SLUICE_HOME of its own."
    : "Look at the disk it stands on: free space, permissions, health.";
  return retryable("JOURNAL_UNAVAILABLE", `The journal ${path} cannot be used: ${error.message}. ${advice}`, { cause: error });
}

function randomName(): string {
  const letters = "abcdefghijkmnpqrstuvwxyz23456789";
  return Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join("");
}
