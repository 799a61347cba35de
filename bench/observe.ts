import type { Observation, PartOptions } from "./figure.ts";
import { cpuSeconds, difference, peakMemory, resetPeaks } from "./processes.ts";

/** Measures what stretches of work cost the processes of a lake, and tells `keep` of each. */
export function createObserver(home: string, keep: (observation: Observation) => void): PartOptions["observe"] {
  return async (name, work) => {
    await resetPeaks(home);
    const [before, start] = [await cpuSeconds(home), performance.now()];
    const result = await work();
    const seconds = (performance.now() - start) / 1_000;
    const observation = { name, seconds, cpu: difference(await cpuSeconds(home), before), peak: await peakMemory(home) };
    keep(observation);
    return { ...observation, result };
  };
}
