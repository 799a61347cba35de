import { type Failure, toFailure } from "../contracts/errors.ts";
import type { Json, JsonObject } from "../contracts/json.ts";
import type { LakeObject } from "../contracts/object.ts";
import type { Receipt } from "../contracts/receipt.ts";
import { type NodeOutcome, runStage, type RunnableTask, type StageDependencies } from "../execution/run-stage.ts";
import { toJson } from "../execution/serial.ts";
import { advance, type ReadyStage } from "../interpreter/advance.ts";
import { nodesToUndo, outcomeOf } from "../interpreter/outcome.ts";
import { nodesToRetry } from "../interpreter/retry.ts";
import type { RunState, Settled } from "../interpreter/settled.ts";
import { evaluate, resultOf } from "../interpreter/values.ts";
import type { DagDefinition } from "../language/dag.ts";
import type { TaskDefinition } from "../language/task.ts";
import { compileDag } from "../plan/compile.ts";
import { nodeOf } from "../plan/graph.ts";
import type { MapNode, Plan } from "../plan/plan.ts";
import type { TaskContext } from "../execution/context.ts";

/** A task body that stands in for the real one. It gets the same input; for an integrator, rows and options. */
export type Replacement = (input: never, context: TaskContext, options: JsonObject) => unknown;

export type RunDagOptions = {
  readonly object: LakeObject;
  /** Bodies by task name or node id. Integrators that are not replaced collect what they are given in `written`. */
  readonly replace?: { readonly [task: string]: Replacement };
  /** Called for each log line of a task. */
  readonly onLog?: (line: { readonly level: string; readonly task: string; readonly message: string; readonly fields?: JsonObject }) => void;
};

/** One run of one task: what it was given and what came of it. */
export type TaskRun = {
  readonly node: string;
  readonly task: string;
  readonly attempt: number;
  /** As JSON; the object and streams stand as short texts. */
  readonly input: Json;
  readonly status: "success" | "failed" | "upstreamFailed";
  readonly value?: Json;
  /** Rows that a producer yielded. */
  readonly rows?: number;
  readonly failure?: Failure;
};

export type DagRun = {
  readonly status: "success" | "failed";
  readonly failure?: Failure;
  /** Every run of a task, in the order in which they ended. */
  readonly ran: readonly TaskRun[];
  /** How each node ended. */
  readonly settled: RunState;
  /** What each integrator was given, by node id: rows, or the one value. */
  readonly written: { readonly [node: string]: readonly unknown[] };
  /** Tasks that were undone, in that order. */
  readonly undone: readonly string[];
};

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
  if (problems.length > 0) {
    throw new Error(`The DAG "${definition.name}" has ${problems.length} problem(s):\n${problems.map(({ message, file, line }) => `  ${file ?? ""}:${line ?? ""} ${message}`).join("\n")}`);
  }
  return runPlan(plan, tasks, options);
}

/** Runs a compiled plan in this process; see {@link runDag}. */
export async function runPlan(plan: Plan, tasks: ReadonlyMap<string, TaskDefinition>, options: RunDagOptions): Promise<DagRun> {
  const ran: TaskRun[] = [];
  const written: { [node: string]: unknown[] } = {};
  const undone: string[] = [];

  async function runBody(body: string | null, outer: RunState, items: { readonly [map: string]: Json }): Promise<RunState> {
    let state = outer;
    for (;;) {
      const step = advance(plan, { object: options.object, settled: state, items }, body);
      state = step.state;
      if (step.stages.length === 0 && step.maps.length === 0) return state;
      const environment = { object: options.object, settled: state, items };
      const settled = await Promise.all([
        ...step.stages.map((ready) => runReady(ready, environment)),
        ...step.maps.map(async ({ node }) => ({ [node.id]: await runMap(node, environment) })),
      ]);
      state = Object.assign({}, state, ...settled) as RunState;
    }
  }

  async function runReady(ready: ReadyStage, environment: { object: LakeObject; settled: RunState; items: { readonly [map: string]: Json } }) {
    const result: { [node: string]: Settled } = {};
    let open = ready.nodes;
    for (let attempt = 1; open.length > 0; attempt++) {
      const nodes = open.map((id) => nodeOf(plan, id)).filter((node) => node !== undefined);
      const outcomes = await runStage({ nodes, cases: ready.cases, spools: ready.stage.spools, environment }, dependencies(attempt));
      const mayRetry = (id: string) => attempt < attemptsOf(id);
      open = nodesToRetry(plan, open, Object.fromEntries(outcomes), mayRetry);
      for (const node of nodes) {
        const outcome = outcomes.get(node.id) as NodeOutcome;
        if (node.kind === "task") ran.push(record(node.id, node.task, attempt, outcome, evaluate(node.input, environment, () => null)));
        if (!open.includes(node.id)) result[node.id] = settledOf(outcome);
      }
    }
    return result;
  }

  function attemptsOf(id: string): number {
    const node = nodeOf(plan, id);
    return node?.kind === "task" ? plan.tasks[node.task]?.retry.attempts || 3 : 1;
  }

  async function runMap(node: MapNode, environment: { settled: RunState; items: { readonly [map: string]: Json } }): Promise<Settled> {
    const list = evaluate(node.over, { object: options.object, ...environment }, () => null) as readonly Json[];
    const values: Json[] = [];
    let failed = 0;
    let first: Failure | undefined;
    for (const item of list) {
      const items = { ...environment.items, [node.id]: item };
      const state = await runBody(node.body, environment.settled, items);
      const outcome = outcomeOf(plan, state, node.body);
      const value = () => evaluate(node.result, { object: options.object, settled: state, items }, () => null);
      if (outcome.status === "failed") {
        failed++;
        first ??= outcome.failure;
        values.push(resultOf({ status: "failed", failure: outcome.failure }, value));
      } else values.push(node.tolerate ? resultOf({ status: "success", value: { inline: null } }, value) : value());
    }
    const tolerated = !node.tolerate ? 0 : "count" in node.tolerate ? node.tolerate.count : node.tolerate.fraction * list.length;
    if (failed > tolerated && first) return { status: "failed", failure: { ...first, message: `${failed} of ${list.length} items failed, the first with: ${first.message}` } };
    return { status: "success", value: { inline: values } };
  }

  function dependencies(attempt: number): StageDependencies {
    return {
      object: options.object,
      task: (name) => runnable(name),
      context: (node) => contextOf(node, attempt),
      fetch: async () => null,
      open: async function* ({ work }) {
        yield* spooled.get(work) ?? [];
      },
      spool: async (node, rows) => {
        const kept: unknown[] = [];
        for await (const row of rows) kept.push(row);
        spooled.set(node, kept);
        return { work: node, size: 0, length: kept.length };
      },
    };
  }
  const spooled = new Map<string, unknown[]>();

  function runnable(name: string): RunnableTask {
    const definition = tasks.get(name);
    if (!definition) throw new Error(`The plan names the task "${name}", which is not defined.`);
    const own = (input: unknown, context: TaskContext, settings: JsonObject) => {
      const replaced = options.replace?.[context.run.node] ?? options.replace?.[definition.name] ?? options.replace?.[name];
      if (replaced) return replaced(input as never, context, settings);
      return definition.run ? definition.run(input as never, context) : collect(context.run.node, definition.spec.integrator ?? name, input);
    };
    return { in: definition.in, out: definition.out, run: own };
  }

  async function collect(node: string, name: string, input: unknown): Promise<Receipt> {
    const rows: unknown[] = [];
    if (typeof input === "object" && input !== null && Symbol.asyncIterator in input) for await (const row of input as AsyncIterable<unknown>) rows.push(row);
    else rows.push(input);
    written[node] = rows;
    return { sink: "test", what: "rows", count: rows.length, where: name, locator: {} };
  }

  function contextOf(node: string, attempt: number): TaskContext {
    const at = (level: string) => (message: string, fields?: JsonObject) => options.onLog?.({ level, task: node, message, ...(fields && { fields }) });
    return {
      signal: new AbortController().signal,
      log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
      attempt,
      object: options.object,
      run: { workflowId: "test", runId: "test", dag: plan.dag, node },
      heartbeat: () => {},
      position: undefined,
    };
  }

  const settled = await runBody(null, {}, {});
  const outcome = outcomeOf(plan, settled);
  if (outcome.status === "failed") {
    for (const id of nodesToUndo(plan, settled)) {
      const node = nodeOf(plan, id);
      const state = settled[id];
      const undo = node?.kind === "task" ? tasks.get(node.task)?.undo : undefined;
      if (state?.status === "success" && "inline" in state.value) await undo?.(state.value.inline as never, contextOf(id, 1));
      undone.push(id);
    }
  }
  return { status: outcome.status, ...(outcome.status === "failed" && { failure: outcome.failure }), ran, settled, written, undone };
}

function settledOf(outcome: NodeOutcome): Settled {
  if (outcome.status === "failed") return { status: "failed", failure: outcome.failure, ...(outcome.upstream && { upstream: true }) };
  if ("rows" in outcome) return { status: "success", value: { rows: outcome.rows, ...(outcome.at && { at: outcome.at }) } };
  try {
    return { status: "success", value: { inline: toJson(outcome.value) } };
  } catch (thrown) {
    return { status: "failed", failure: { ...toFailure(thrown), kind: "terminal", code: "NOT_SERIALISABLE" } };
  }
}

function record(node: string, task: string, attempt: number, outcome: NodeOutcome, input: Json): TaskRun {
  const base = { node, task, attempt, input };
  if (outcome.status === "failed") return { ...base, status: outcome.upstream ? "upstreamFailed" : "failed", failure: outcome.failure };
  if ("rows" in outcome) return { ...base, status: "success", rows: outcome.rows };
  const settled = settledOf(outcome);
  return { ...base, status: settled.status === "success" ? "success" : "failed", ...(settled.status === "success" && "inline" in settled.value && { value: settled.value.inline }) };
}
