export type RoundsOptions<T> = {
  /** Visits at a time. */
  readonly atOnce: number;
  /** Milliseconds until a visit makes room for the next in line, if there is one, and is repeated later. */
  readonly patience: number;
  readonly signal: AbortSignal;
  /** Done with it when it resolves; visited again when it throws, or when its signal is aborted. */
  readonly visit: (one: T, signal: AbortSignal) => Promise<void>;
};

/** Visits many things that each take long, a few at a time and all of them in turn, until each is done. */
export function createRounds<T>({ atOnce, patience, signal, visit }: RoundsOptions<T>) {
  const line = new Set<T>();
  const visits = new Set<Promise<void>>();

  async function next(one: T): Promise<void> {
    const round = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    try {
      await visit(one, round);
    } catch {
      // Not done in time, or the server is away: its turn comes again, but never at once.
      if (!round.aborted) await new Promise<void>((resolve) => round.addEventListener("abort", () => resolve(), { once: true }));
      line.add(one);
    }
  }

  function proceed(): void {
    for (const one of line) {
      if (signal.aborted || visits.size >= atOnce) return;
      line.delete(one);
      const visiting = next(one).finally(() => {
        visits.delete(visiting);
        proceed();
      });
      visits.add(visiting);
    }
  }

  return {
    add(one: T): void {
      line.add(one);
      proceed();
    },
    /** Resolves once no visit is underway. */
    async idle(): Promise<void> {
      while (visits.size > 0) await Promise.all(visits);
    },
  };
}
