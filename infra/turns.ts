/** Does work of one kind or the other: any number of one kind at once, but never both kinds. */
export type Turns<Kind> = <Result>(kind: Kind, work: () => Promise<Result>) => Promise<Result>;

/** In the order of arrival, so that neither kind waits for ever. */
export function createTurns<Kind>(): Turns<Kind> {
  const waiting: { readonly kind: Kind; readonly enter: () => void }[] = [];
  let inside: { readonly kind: Kind; count: number } | undefined;

  async function enter(kind: Kind): Promise<void> {
    if (inside === undefined) inside = { kind, count: 1 };
    else if (inside.kind === kind && waiting.length === 0) inside.count += 1;
    else await new Promise<void>((resolve) => waiting.push({ kind, enter: resolve }));
  }

  function leave(): void {
    if (inside && (inside.count -= 1) > 0) return;
    const next = waiting.findIndex(({ kind }) => kind !== waiting[0]?.kind);
    const entering = waiting.splice(0, next === -1 ? waiting.length : next);
    inside = entering[0] && { kind: entering[0].kind, count: entering.length };
    for (const { enter: go } of entering) go();
  }

  return async (kind, work) => {
    await enter(kind);
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
