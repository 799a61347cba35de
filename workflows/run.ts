import { workflowInfo } from "@temporalio/workflow";
import type { Arrival } from "../sdk/contracts/arrival.ts";
import type { TraceStep } from "../sdk/contracts/catalog.ts";
import type { Failure } from "../sdk/contracts/errors.ts";
import type { ObjectInfo } from "../sdk/contracts/object.ts";
import type { Receipt } from "../sdk/contracts/receipt.ts";
import type { PlanReference, RunIdentity } from "../activities/contract.ts";
import type { RunState } from "../sdk/interpreter/settled.ts";
import type { PublishedPlan } from "../sdk/plan/plan.ts";

/** One plan over one object, as it goes: what has settled, and what happened in which order. */
export type PlanRun = {
  readonly published: PublishedPlan;
  /** Whether the plan takes the object for `custom` processing. Unknown in runs that were admitted before that was said. */
  readonly custom?: boolean;
  settled: RunState;
  readonly steps: TraceStep[];
  outcome?: { readonly status: "success" } | { readonly status: "failed"; readonly failure: Failure };
};

/** An admitted object of this run. */
export type Member = {
  readonly arrival: Arrival;
  readonly object: ObjectInfo;
  readonly typeBy: string;
  readonly claimed: string;
  readonly runs: readonly PlanRun[];
  /** What an earlier processing wrote, until this one has replaced it. */
  previous: readonly Receipt[];
  /** Why what an earlier processing wrote could not be removed. */
  unremoved?: Failure;
  /** Why it cannot be processed, whatever the DAG. */
  readonly refused?: Failure;
  /** Set once it failed in a group: it goes on by itself. */
  leaving: boolean;
};

export function thisRun(takesOver?: string): RunIdentity {
  const { workflowId, runId } = workflowInfo();
  return { workflowId, runId, ...(takesOver !== undefined && { takesOver }) };
}

export function referenceTo({ hash, plan, code }: PublishedPlan): PlanReference {
  return { plan: hash, code, dag: plan.dag };
}
