/** Settles when the item's own commit has: as a database does it for transactions that arrive together. */
export type GroupCommit<T, R> = {
  add(item: T): Promise<R>;
  /** Resolves once nothing waits and nothing is in flight. */
  idle(): Promise<void>;
};

export type GroupCommitOptions<T, R> = {
  /** Gets everything that waited, in order; answers with one result for each item, in the same order. */
  readonly commit: (items: readonly T[]) => Promise<readonly R[]> | readonly R[];
  /** Most items of one commit; no limit by default. */
  readonly maxItems?: number;
  /** With `weigh`: most weight of one commit. An item that is heavier by itself is committed alone. */
  readonly maxWeight?: number;
  readonly weigh?: (item: T) => number;
  /** Commits at a time; 1 by default. */
  readonly inFlight?: number;
};

type Waiting<T, R> = {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (reason: unknown) => void;
};

/**
 * Items wait only while commits are in flight; the next commit takes all that wait. A lone item is committed at the
 * end of the current turn of the event loop, so groups grow with the load and cost nothing at rest. A commit that
 * throws rejects its own items and no others.
 */
export function createGroupCommit<T, R>(options: GroupCommitOptions<T, R>): GroupCommit<T, R> {
  const { commit, maxItems = Infinity, maxWeight = Infinity, weigh = () => 0, inFlight = 1 } = options;
  let waiting: Waiting<T, R>[] = [];
  const idlers: (() => void)[] = [];
  let running = 0;
  let scheduled = false;

  function take(): readonly Waiting<T, R>[] {
    let size = 0;
    let weight = 0;
    while (size < waiting.length && size < maxItems) {
      const entry = waiting[size];
      if (!entry) break;
      weight += weigh(entry.item);
      if (size > 0 && weight > maxWeight) break;
      size += 1;
    }
    const group = waiting.slice(0, size);
    waiting = waiting.slice(size);
    return group;
  }

  async function run(group: readonly Waiting<T, R>[]): Promise<void> {
    running += 1;
    try {
      const results = await commit(group.map((entry) => entry.item));
      if (results.length !== group.length) {
        throw new Error(`A commit of ${group.length} items answered with ${results.length} results: one for each is expected.`);
      }
      for (const [index, result] of results.entries()) group[index]?.resolve(result);
    } catch (error) {
      for (const entry of group) entry.reject(error);
    } finally {
      running -= 1;
      proceed();
    }
  }

  function proceed(): void {
    if (waiting.length === 0 && running === 0) {
      for (const resolve of idlers.splice(0)) resolve();
      return;
    }
    if (scheduled || waiting.length === 0 || running >= inFlight) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      void run(take());
      proceed();
    });
  }

  return {
    add: (item) =>
      new Promise<R>((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        proceed();
      }),
    idle: () =>
      new Promise<void>((resolve) => {
        idlers.push(resolve);
        proceed();
      }),
  };
}
