import { Runtime } from "@temporalio/worker";

const nothing = () => {};

/** What differs is said in verdicts; Temporal's log of it would be the workflows' whole code. */
export function keepTemporalQuiet(): void {
  Runtime.install({
    logger: { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
    telemetryOptions: { logging: { filter: "OFF" } },
  });
}
