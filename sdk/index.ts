/** What a DAG file imports: `sluice/sdk`. */
export { after, type AfterOptions, rule } from "./language/after.ts";
export { arrival, type ArrivalOptions } from "./language/arrival.ts";
export { dag, type DagDefinition } from "./language/dag.ts";
export type { Duration } from "./language/duration.ts";
export { map, type MapOptions } from "./language/map.ts";
export { match } from "./language/match.ts";
export { mime } from "./language/mime.ts";
export { object, rows, type InPort, type OutPort, type ObjectPort, type RowsPort } from "./language/ports.ts";
export type { Edge, Result, Rows, Value } from "./language/symbolic.ts";
export { task, type IntegratorOptions, type RetryOptions, type Task, type TaskOptions } from "./language/task.ts";
export { type Failure, type Place, retryable, SluiceError, terminal } from "./contracts/errors.ts";
export type { Json, JsonObject } from "./contracts/json.ts";
export type { LakeObject, ObjectInfo } from "./contracts/object.ts";
export type { Receipt } from "./contracts/receipt.ts";
export { chunked, type ChunkedRows, chunksOf } from "./execution/broadcast.ts";
export type { TaskContext, TaskLog } from "./execution/context.ts";
export type { TriggerRule } from "./plan/plan.ts";
