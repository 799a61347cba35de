/** The workflows that a worker runs, by type. */
export { ingest } from "./ingest.ts";
export { mapItems } from "./map.ts";
