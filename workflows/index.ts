/** The workflows that a worker runs, by type. */
export { archive } from "./archive.ts";
export { forget } from "./forget.ts";
export { ingest } from "./ingest.ts";
export { mapItems } from "./map.ts";
export { prune } from "./prune.ts";
export { reconcile } from "./reconcile.ts";
export { reprocess } from "./reprocess.ts";
export { waitingList } from "./waiting-list.ts";
export { rebuild } from "./rebuild.ts";
