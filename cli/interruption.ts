let underway = 0;

/** Whether something is under way that is ended in order, whoever reads along. */
export function isUnderway(): boolean {
  return underway > 0;
}

/** Turns the first Ctrl-C (SIGTERM, or the end of the terminal) into an abort. Later ones change nothing: what was begun is ended in order. */
export function onInterruption(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const abort = () => controller.abort(new Interrupted());
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, abort);
  underway++;
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, abort);
      underway--;
    },
  };
}

export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor() {
    super("Interrupted.");
  }
}
