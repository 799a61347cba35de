/** Runs DAGs in-process, without servers: `sluice/testing`. */
export { type DagRun, type Replacement, runDag, type RunDagOptions, runPlan, type TaskRun } from "./run-dag.ts";
export { testObject } from "./test-object.ts";
