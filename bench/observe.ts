import type { Observation, PartOptions } from "./figure.ts";
import { cpuSeconds, difference, peakMemory, resetPeaks } from "./processes.ts";

/** Keeps what each stretch of work cost the processes of a lake; of several of one name the last. */
export function createObserver(home: string): {
  readonly observe: PartOptions["observe"];
  readonly observations: () => readonly Observation[];
} {
  const kept = new Map<string, Observation>();
  return {
    async observe(name, work) {
      await resetPeaks(home);
      const [before, start] = [await cpuSeconds(home), performance.now()];
      const result = await work();
      const seconds = (performance.now() - start) / 1_000;
      kept.set(name, { name, seconds, cpu: difference(await cpuSeconds(home), before), peak: await peakMemory(home) });
      return result;
    },
    observations: () => [...kept.values()],
  };
}
