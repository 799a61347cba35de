import { createGroupCommit } from "../../infra/group-commit.ts";
import type { JournalDatabase } from "./database.ts";

/** Runs a piece of work in the next transaction, together with all others that wait. */
export type Write = { <R>(work: () => R): Promise<R>; idle(): Promise<void> };

export function createWriter(database: JournalDatabase): Write {
  const commits = createGroupCommit<() => unknown, unknown>({
    commit: (works) => database.transaction(() => works.map((work) => work())),
  });
  // The group commit answers each piece of work with what that very piece returned.
  const write = <R>(work: () => R) => commits.add(work) as Promise<R>;
  return Object.assign(write, { idle: () => commits.idle() });
}
