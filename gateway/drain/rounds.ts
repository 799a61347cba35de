export type RoundsOptions = {
  /** Visits at a time. */
  readonly atOnce: number;
  /** Milliseconds until a visit makes room for the next in line, if there is one, and is repeated later. */
  readonly patience: number;
  readonly signal: AbortSignal;
  /** Done with it when it resolves; visited again when it throws, or when its signal is aborted. */
  readonly visit: (id: string, signal: AbortSignal) => Promise<void>;
};

/** Visits many things that each take long, a few at a time and all of them in turn, until each is done. */
export function createRounds({ atOnce, patience, signal, visit }: RoundsOptions) {
  const line = new Set<string>();
  const visits = new Set<Promise<void>>();

  async function next(id: string): Promise<void> {
    const round = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    try {
      await visit(id, round);
    } catch {
      // Not done in time, or the server is away: its turn comes again, but never at once.
      if (!round.aborted) await new Promise<void>((resolve) => round.addEventListener("abort", () => resolve(), { once: true }));
      line.add(id);
    }
  }

  function proceed(): void {
    for (const id of line) {
      if (signal.aborted || visits.size >= atOnce) return;
      line.delete(id);
      const one = next(id).finally(() => {
        visits.delete(one);
        proceed();
      });
      visits.add(one);
    }
  }

  return {
    add(id: string): void {
      line.add(id);
      proceed();
    },
    /** Resolves once no visit is underway. */
    async idle(): Promise<void> {
      while (visits.size > 0) await Promise.all(visits);
    },
  };
}
