import { fitBytes } from "./ids.ts";

/**
 * What Temporal's queues go by where tasks wait in them: the lower key first, and among equals each tenant in turn.
 * Activities and child workflows inherit it from the workflow that starts them.
 */
export type Priority = { readonly priorityKey: number; readonly fairnessKey: string };

/** Temporal takes no longer ones. */
const keyBytes = 64;

/** Of what has just arrived: before anything that is done in bulk. */
export function livePriority(tenant: string): Priority {
  return { priorityKey: 3, fairnessKey: fitBytes(tenant, keyBytes) };
}

/** Of re-processing and reconciliation. */
export function bulkPriority(tenant: string): Priority {
  return { priorityKey: 4, fairnessKey: fitBytes(tenant, keyBytes) };
}
