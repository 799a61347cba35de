import type { Arrival } from "../../sdk/contracts/arrival.ts";
import { groupWorkflowId, objectWorkflowId } from "../../sdk/contracts/ids.ts";
import type { Select } from "../journal/queue.ts";

export type GroupLimits = {
  /** Most arrivals in one run. */
  readonly count: number;
  /** Most bytes of content in one run of several. */
  readonly bytes: number;
  /** An object above this size, or of unknown size, runs alone. */
  readonly aloneBytes: number;
};

/**
 * The next run: the first arrivals in a row that may share one. Arrivals of an object that a run has already, or that
 * is in this group already, are parked, so that runs of one object never overlap and keep their order.
 */
export function groupBy(limits: GroupLimits): Select {
  return (waiting, inRun) => {
    const members: (typeof waiting)[number][] = [];
    const parked: (typeof waiting)[number][] = [];
    const keys = new Set<string>();
    let bytes = 0;
    for (const one of waiting) {
      const { arrival } = one;
      const first = members[0]?.arrival;
      if (first && !sameSource(first, arrival)) break;
      if (keys.has(arrival.key) || inRun(one)) {
        parked.push(one);
        continue;
      }
      const alone = arrival.size === undefined || arrival.size > limits.aloneBytes;
      bytes += arrival.size ?? 0;
      if (first && (alone || members.length >= limits.count || bytes > limits.bytes)) break;
      members.push(one);
      keys.add(arrival.key);
      if (alone) break;
    }
    return { members, parked };
  };
}

function sameSource(one: Arrival, other: Arrival): boolean {
  return one.tenant === other.tenant && one.store === other.store && one.container === other.container;
}

/** The workflow id of a run, a sentence for the Temporal UI. Told from all others by the journal's own ids. */
export function nameRun(arrivals: readonly Arrival[]): string {
  const [first] = arrivals;
  if (!first) throw new Error("A run has at least one arrival.");
  return arrivals.length === 1
    ? objectWorkflowId(first.container, first.key, first.id)
    : groupWorkflowId(first.container, first.id, arrivals.length);
}
