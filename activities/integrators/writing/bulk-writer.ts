import { createGroupCommit } from "../../../infra/group-commit.ts";
import { isSluiceError } from "../../../sdk/contracts/errors.ts";
import type { SinkGuard } from "./sink-guard.ts";

export type BulkWriter<Part> = {
  /** Resolves once the part is written; awaiting it is the caller's back-pressure. */
  add(part: Part): Promise<void>;
  idle(): Promise<void>;
};

export type BulkWriterOptions<Part> = {
  readonly guard: Pick<SinkGuard, "run" | "pace">;
  /** Writes the parts of one or several callers in one request; idempotent. */
  readonly write: (parts: readonly Part[]) => Promise<void>;
  /** Share of what one request may hold; 1 fills it. */
  readonly weigh: (part: Part) => number;
  /** What the sink's rate limit counts. */
  readonly rows: (part: Part) => number;
  readonly inFlight?: number;
};

/**
 * One writer for all calls of a process: while requests are in flight, parts wait, and the next request takes what
 * waits. Where a request holding several parts is refused for what it holds, each part is written by itself, so that
 * only the guilty one fails.
 */
export function createBulkWriter<Part>(options: BulkWriterOptions<Part>): BulkWriter<Part> {
  const { guard, write, weigh, rows, inFlight = 2 } = options;
  const attempt = (parts: readonly Part[]) => guard.run(() => write(parts));

  async function commit(parts: readonly Part[]): Promise<readonly Outcome[]> {
    try {
      await attempt(parts);
      return parts.map(() => undefined);
    } catch (error) {
      if (parts.length === 1 || isTheWorld(error)) throw error;
    }
    const outcomes: Outcome[] = [];
    for (const part of parts)
      outcomes.push(
        await attempt([part]).then(
          () => undefined,
          (failed: unknown) => ({ failed }),
        ),
      );
    return outcomes;
  }

  const group = createGroupCommit<Part, Outcome>({ commit, weigh, maxWeight: 1, inFlight });
  return {
    async add(part) {
      await guard.pace(rows(part));
      const outcome = await group.add(part);
      if (outcome) throw outcome.failed;
    },
    idle: () => group.idle(),
  };
}

type Outcome = { readonly failed: unknown } | undefined;

function isTheWorld(error: unknown): boolean {
  return !(isSluiceError(error) && error.kind === "terminal");
}
