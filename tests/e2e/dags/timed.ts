import { arrival, dag, object, retryable, task } from "sluice/sdk";
import { z } from "zod";
import { note } from "./notes.ts";

const hang = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("The signal said so.")));
  });

/** Hangs, at its first attempt or at every one. */
const slow = task({
  name: "slow",
  in: object,
  timeout: "1s",
  retry: { attempts: 2, initialInterval: "100ms" },
  async run({ key }, { attempt, signal }) {
    note(key, `attempt ${attempt}`);
    if (attempt > 1 && !key.endsWith("always")) return;
    await hang(signal).finally(() => note(key, "stopped"));
  },
});

/** Counts to ten, from where it was when it failed. */
const count = task({
  name: "count",
  in: object,
  out: z.number(),
  heartbeat: "5s",
  retry: { attempts: 2, initialInterval: "100ms" },
  run({ key }, { heartbeat, position }) {
    const from = typeof position === "number" ? position : 0;
    note(key, `from ${from}`);
    heartbeat(4);
    if (from === 0) throw retryable("INTERRUPTED", "Interrupted at 4: it goes on by itself.");
    return 10;
  },
});

export const timed = dag({
  name: "e2e-timed",
  on: arrival({ container: "e2e-*", key: "timed/**" }),
  flow: (arrived) => slow(arrived),
});

export const resumed = dag({
  name: "e2e-resumed",
  on: arrival({ container: "e2e-*", key: "resumed/**" }),
  flow: (arrived) => count(arrived),
});
