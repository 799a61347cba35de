import type { CatalogDocument, TraceDocument, TraceStep } from "../../sdk/contracts/catalog.ts";
import { isSluiceError } from "../../sdk/contracts/errors.ts";
import type { JsonObject } from "../../sdk/contracts/json.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import type { Receipt, Written } from "../../sdk/contracts/receipt.ts";
import type { Integrator } from "../../sdk/execution/context.ts";
import { writtenStep } from "../../sdk/interpreter/resume.ts";
import { evaluate } from "../../sdk/interpreter/values.ts";
import { nodeOf, nodesInBody } from "../../sdk/plan/graph.ts";
import type { Plan, PlanNode, TaskNode } from "../../sdk/plan/plan.ts";
import type { Closing } from "../contract.ts";
import { knownObject } from "../objects/known-object.ts";
import type { Library } from "../stages/library.ts";

export type SuspectDependencies = {
  readonly library: Pick<Library, "plan">;
  readonly integrators: ReadonlyMap<string, Pick<Integrator, "suspect">>;
};

type Traced = TraceDocument["dags"][number];

/**
 * Says of writes that failed what they may have left, as receipts of their steps, so that whatever replaces or forgets
 * the object finds it. A write that failed for its input has cleared up after itself, and one that nothing had come to
 * left nothing.
 */
export async function withSuspects(needs: SuspectDependencies, closings: readonly Closing[]): Promise<readonly Closing[]> {
  return await Promise.all(
    closings.map(async (closing): Promise<Closing> => {
      // Whoever goes on with an object that is handed over has its steps.
      if (closing.trace.outcome === "handed-over") return closing;
      const dags = await Promise.all(closing.trace.dags.map((dag) => tell(needs, dag, closing.object)));
      return { ...closing, trace: { ...closing.trace, dags } };
    }),
  );
}

/** What a processing that never said how it ended may have left, whatever of its plans it came to. */
export async function leftBy(needs: SuspectDependencies, document: CatalogDocument): Promise<readonly Receipt[]> {
  const plans = await Promise.all((document.writing ?? []).map((hash) => planOf(needs, { plan: hash, code: {} })));
  const object = knownObject(document);
  const receipts = plans.flatMap((plan) => (plan ? suspects(needs, plan, plan.nodes, object).map(({ receipt }) => receipt) : []));
  return [...new Map(receipts.map((receipt) => [JSON.stringify(receipt), receipt])).values()];
}

async function tell(needs: SuspectDependencies, dag: Traced, object: ObjectInfo): Promise<Traced> {
  const unclear = dag.steps.filter((step) => isUnclear(step) && !endedWell(step.node, dag.steps));
  const plan = unclear.length > 0 ? await planOf(needs, dag) : undefined;
  if (!plan) return dag;
  const byNode = new Map(unclear.filter(({ mode }) => mode !== undefined).map((step) => [step.node, step]));
  const receipts = new Map(
    suspects(needs, plan, plan.nodes, object).flatMap(({ node, receipt }) => {
      const step = byNode.get(node);
      return step ? [[step, receipt] as const] : [];
    }),
  );
  const inMaps = stepsInMaps(needs, plan, unclear, object);
  const steps = dag.steps.flatMap((step): readonly TraceStep[] => {
    const receipt = receipts.get(step);
    return [...(inMaps.get(step) ?? []), receipt ? { ...step, receipt } : step];
  });
  return { ...dag, steps };
}

/**
 * What is written in the body of a map has no step of its own where its item failed, which tells why: it gets one, in
 * front of the first such item.
 */
function stepsInMaps(
  needs: SuspectDependencies,
  plan: Plan,
  unclear: readonly TraceStep[],
  object: ObjectInfo,
): ReadonlyMap<TraceStep, readonly TraceStep[]> {
  const failed = Map.groupBy(
    unclear.filter(({ status }) => status === "failed"),
    ({ node }) => node.replace(/\[\d+\]$/, ""),
  );
  return new Map(
    [...failed].flatMap(([id, [first]]) => {
      const map = nodeOf(plan, id);
      if (map?.kind !== "map" || !first) return [];
      const written = suspects(needs, plan, nodesInBody(plan, map), object);
      return [[first, written.map((one): TraceStep => ({ ...writtenStep(plan, one), status: "upstreamFailed" }))] as const];
    }),
  );
}

/** A later attempt that failed for its input cannot clear up what an earlier one left. */
function isUnclear({ status, mode, untouched, failure, attempt = 1 }: TraceStep): boolean {
  if ((status !== "failed" && status !== "upstreamFailed") || mode === "kept" || untouched) return false;
  return failure?.kind !== "terminal" || attempt > 1;
}

/** What has come to its end since has written all of it again. A step in no mode is not the task's: it was undone, or never begun. */
function endedWell(node: string, steps: readonly TraceStep[]): boolean {
  const last = steps.findLast((step) => step.node === node && step.mode !== undefined);
  return last?.status === "success";
}

function suspects(needs: SuspectDependencies, plan: Plan, nodes: readonly PlanNode[], object: ObjectInfo): readonly Written[] {
  return nodes.flatMap((node): readonly Written[] => {
    const integrator = node.kind === "task" && needs.integrators.get(plan.tasks[node.task]?.integrator ?? "");
    return integrator ? [{ node: node.id, receipt: integrator.suspect(knownOptions(node, object), object) }] : [];
  });
}

/** Options that hang on what a run came to are null. */
function knownOptions({ options }: TaskNode, object: ObjectInfo): JsonObject {
  const known = options ? evaluate(options, { object, settled: {}, items: {} }, () => null) : {};
  return typeof known === "object" && known !== null && !Array.isArray(known) ? (known as JsonObject) : {};
}

/** Undefined where the plan is gone: then nobody knows what it wrote. */
async function planOf({ library }: SuspectDependencies, reference: Pick<Traced, "plan" | "code">): Promise<Plan | undefined> {
  try {
    return (await library.plan(reference)).plan;
  } catch (error) {
    if (isSluiceError(error) && error.code === "CODE_GONE") return undefined;
    throw error;
  }
}
