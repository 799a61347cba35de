import { setTimeout as pause } from "node:timers/promises";
import type { Catalog } from "../../infra/catalog.ts";
import type { Log } from "../drain/runs.ts";
import type { Live } from "./live.ts";

/** Since when arrivals wait in a journal: of one container, or of whatever containers, where a tenant has several. */
export type Waiting = { readonly container?: string; readonly since: Date };

/** How often it is told, in milliseconds. */
const interval = 10_000;

/** The oldest waiting arrival of each tenant. */
export function backlogOf(live: Pick<Live, "nextTenant" | "waitingOf">): readonly Waiting[] {
  const seen = new Set<string>();
  const waiting: Waiting[] = [];
  for (let tenant = live.nextTenant(""); tenant !== undefined && !seen.has(tenant); tenant = live.nextTenant(tenant)) {
    seen.add(tenant);
    const [oldest] = live.waitingOf(tenant, 1);
    if (!oldest) continue;
    const { container } = oldest.arrival;
    waiting.push({ ...(container === tenant && { container }), since: new Date(oldest.received) });
  }
  return waiting;
}

export type BacklogNeeds = {
  readonly journal: { readonly name: string; backlog(): readonly Waiting[] };
  readonly catalog: Pick<Catalog, "watermarks">;
  readonly signal: AbortSignal;
  readonly log: Log;
};

/**
 * Tells reconciliation, as long as this gateway lives, what waits here: it will be run, and no faster than its tenant
 * may. Nothing is written while nothing waits.
 */
export async function publishBacklog({ journal, catalog, signal, log }: BacklogNeeds): Promise<void> {
  for (let told = false; !signal.aborted; await pause(interval, undefined, { signal }).catch(() => undefined)) {
    try {
      const waiting = journal.backlog();
      if (waiting.length === 0 && !told) continue;
      const set = { at: new Date(), waiting };
      await catalog.watermarks.updateOne({ _id: `journal/${journal.name}` }, { $set: set }, { upsert: true });
      told = waiting.length > 0;
    } catch (error) {
      log.warn({ err: error }, "reconciliation was not told what waits here; it may announce it a second time");
    }
  }
}
