/** Runs DAGs in-process, without servers: `sluice/testing`. */
export { type DagRun, type Replacement, runDag, type RunDagOptions, runPlan } from "./run-dag.ts";
export type { TaskRun } from "./task-run.ts";
export { testObject } from "./test-object.ts";
