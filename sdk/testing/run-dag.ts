import type { Failure } from "../contracts/errors.ts";
import type { Json, JsonObject } from "../contracts/json.ts";
import type { LakeObject, ObjectInfo } from "../contracts/object.ts";
import type { TaskContext } from "../execution/context.ts";
import { type ItemOutcome, settleMap } from "../execution/run-body.ts";
import { runStage } from "../execution/run-stage.ts";
import { fromJson } from "../execution/serial.ts";
import { settledOf } from "../execution/settle.ts";
import { advance, type ReadyStage } from "../interpreter/advance.ts";
import { nodesToUndo, outcomeOf } from "../interpreter/outcome.ts";
import { nodesToRetry } from "../interpreter/retry.ts";
import type { RunState, Settled } from "../interpreter/settled.ts";
import { type Environment, evaluate, forItem } from "../interpreter/values.ts";
import type { DagDefinition } from "../language/dag.ts";
import type { Problem } from "../language/flow.ts";
import type { TaskDefinition } from "../language/task.ts";
import { compileDag } from "../plan/compile.ts";
import { nodeOf } from "../plan/graph.ts";
import type { MapNode, Plan } from "../plan/plan.ts";
import { createBench } from "./bench.ts";
import { recordRun, type TaskRun } from "./task-run.ts";

/** A task body that stands in for the real one. It gets the same input; for an integrator, rows and options. */
export type Replacement = (input: never, context: TaskContext, options: JsonObject) => unknown;

export type RunDagOptions = {
  readonly object: LakeObject;
  /** Bodies by task name or node id. Integrators that are not replaced collect what they are given in `written`. */
  readonly replace?: { readonly [task: string]: Replacement };
  /** Called for each log line of a task. */
  readonly onLog?: (line: {
    readonly level: string;
    readonly task: string;
    readonly message: string;
    readonly fields?: JsonObject;
  }) => void;
};

export type DagRun = {
  readonly status: "success" | "failed";
  readonly failure?: Failure;
  /** Every run of a task, in the order in which they ended. */
  readonly ran: readonly TaskRun[];
  /** How each node ended. */
  readonly settled: RunState;
  /** What each integrator was given, by node id: rows, or the one value; in a map, those of all items. */
  readonly written: { readonly [node: string]: readonly unknown[] };
  /** Tasks that were undone, in that order. */
  readonly undone: readonly string[];
};

/** Tries of a task whose policy has no limit. */
const triesWithoutLimit = 3;

/**
 * Runs a DAG in this process, without servers, by the very rules of the engine. Failures are tried again at once, as
 * often as the task's policy says (three times where that has no limit).
 *
 * @throws Error where the DAG does not compile; its message lists every problem.
 * @example
 * ```ts
 * import { arrival, dag, object, rows, task } from "sluice/sdk";
 * import { influxPoints } from "sluice/integrators";
 * import { runDag, testObject } from "sluice/testing";
 * import { z } from "zod";
 * const parse = task({ name: "parse", in: object, out: rows(z.object({ time: z.string(), value: z.number() })), async *run() { yield { time: "2026-01-01T00:00:00Z", value: 1 }; } });
 * const readings = dag({ name: "readings", on: arrival(), flow: (object) => influxPoints(parse(object), { measurement: "readings" }) });
 * const run = await runDag(readings, { object: testObject({ key: "a.csv", content: "" }) });
 * console.log(run.status, run.written["influx-points"]);
 * ```
 */
export async function runDag(definition: DagDefinition, options: RunDagOptions): Promise<DagRun> {
  const { plan, tasks, problems } = compileDag(definition);
  if (problems.length > 0)
    throw new Error(`The DAG "${definition.name}" has ${problems.length} problem(s):\n${problems.map(lineOf).join("\n")}`);
  return runPlan(plan, tasks, options);
}

function lineOf({ file, line, message }: Problem): string {
  return `  ${[file, line].filter((part) => part !== undefined).join(":")} ${message}`;
}

/** Runs a compiled plan in this process; see {@link runDag}. */
export async function runPlan(plan: Plan, tasks: ReadonlyMap<string, TaskDefinition>, options: RunDagOptions): Promise<DagRun> {
  const bench = createBench(plan, tasks, options);
  const ran: TaskRun[] = [];

  async function runBody(body: string | null, start: Environment): Promise<Environment> {
    let environment = start;
    for (;;) {
      const step = advance(plan, environment, body);
      const current = { ...environment, settled: step.state };
      if (step.stages.length === 0 && step.maps.length === 0) return current;
      const settled = await Promise.all([
        ...step.stages.map((ready) => runReady(ready, current)),
        ...step.maps.map(async ({ node }) => ({ [node.id]: await runMap(node, current) })),
      ]);
      environment = { ...current, settled: Object.assign({}, current.settled, ...settled) as RunState };
    }
  }

  async function runReady(ready: ReadyStage, environment: Environment): Promise<RunState> {
    const settled: { [node: string]: Settled } = {};
    let open = ready.nodes;
    for (let attempt = 1; open.length > 0; attempt++) {
      const nodes = open.map((id) => nodeOf(plan, id)).filter((node) => node !== undefined);
      const outcomes = await runStage({ nodes, cases: ready.cases, spools: ready.stage.spools, environment }, bench.attempt(attempt));
      open = nodesToRetry(plan, open, Object.fromEntries(outcomes), (id) => attempt < triesOf(id));
      for (const [id, outcome] of outcomes) {
        const node = nodeOf(plan, id);
        if (node?.kind === "task") ran.push(recordRun(plan, node, attempt, outcome, environment));
        if (!open.includes(id)) settled[id] = settledOf(outcome, id);
      }
    }
    return settled;
  }

  function triesOf(id: string): number {
    const node = nodeOf(plan, id);
    return node?.kind === "task" ? plan.tasks[node.task]?.retry.attempts || triesWithoutLimit : 1;
  }

  async function runMap(node: MapNode, environment: Environment): Promise<Settled> {
    const outcomes: ItemOutcome[] = [];
    for (const [index, item] of (evaluate(node.over, environment, () => null) as readonly Json[]).entries()) {
      const ended = await runBody(node.body, forItem(environment, node.id, index, item));
      const outcome = outcomeOf(plan, ended.settled, node.body);
      outcomes.push(outcome.status === "failed" ? { failure: outcome.failure } : { value: evaluate(node.result, ended, () => null) });
    }
    return settleMap(node, outcomes);
  }

  async function undo(settled: RunState): Promise<readonly string[]> {
    const undone = nodesToUndo(plan, settled);
    for (const id of undone) {
      const node = nodeOf(plan, id);
      const state = settled[id];
      const body = node?.kind === "task" ? tasks.get(node.task)?.undo : undefined;
      if (state?.status === "success" && "inline" in state.value)
        await body?.(fromJson(state.value.inline) as never, bench.attempt(1).context(id));
    }
    return undone;
  }

  const { settled } = await runBody(null, { object: infoOf(options.object), settled: {}, items: {} });
  const outcome = outcomeOf(plan, settled);
  const undone = outcome.status === "failed" ? await undo(settled) : [];
  return {
    status: outcome.status,
    ...(outcome.status === "failed" && { failure: outcome.failure }),
    ran,
    settled,
    written: bench.written,
    undone,
  };
}

function infoOf({ read: _read, bytes: _bytes, text: _text, ...info }: LakeObject): ObjectInfo {
  return info;
}
