import { type Failure, terminal, toFailure } from "../contracts/errors.ts";
import type { Json, JsonObject } from "../contracts/json.ts";
import type { LakeObject } from "../contracts/object.ts";
import type { WorkReference } from "../interpreter/settled.ts";
import { type Elsewhere, type Environment, evaluate, extend } from "../interpreter/values.ts";
import { type InPort, isObjectPort, isRowsPort, isSchema, type OutPort, type RowsPort } from "../language/ports.ts";
import type { SourcePlace } from "../language/stack.ts";
import type { Expression, MatchNode, PlanNode, TaskNode } from "../plan/plan.ts";
import { broadcast } from "./broadcast.ts";
import type { TaskContext } from "./context.ts";
import { parse } from "./parse.ts";
import { prefetch } from "./prefetch.ts";
import { fromJson } from "./serial.ts";
import { rowsOf, type Subscription, subscription, upstreamFailure } from "./streams.ts";
import { thrownAt } from "./thrown-at.ts";

/** A task as it is run: its ports and its body; the options are an integrator's. */
export type RunnableTask = {
  readonly in: InPort | undefined;
  readonly out: OutPort | undefined;
  /** Where its author defined it. */
  readonly place?: SourcePlace;
  run(input: unknown, context: TaskContext, options: JsonObject): unknown;
};

/** What a stage needs of the world. */
export type StageDependencies = {
  task(name: string): RunnableTask;
  context(node: string, item?: string): TaskContext;
  object: LakeObject;
  /** Fetches values from the work area; called before any body runs. */
  fetch(elsewhere: Elsewhere): Promise<Json>;
  /** The rows of a stream that was spooled. */
  open(at: WorkReference): AsyncIterable<unknown>;
  /** Keeps a stream in the work area. */
  spool(node: string, rows: AsyncIterable<unknown>): Promise<WorkReference>;
  /**
   * Holds a stream back until its producer has ended well, so that a failure half-way leaves nothing written, and
   * nothing overwritten of what was there before. Absent: rows flow as they come.
   */
  hold?(rows: AsyncIterable<unknown>): AsyncIterable<unknown>;
  /** Rejects when the stage has taken too long: whatever of it has not ended by then has failed with that. */
  readonly late?: Promise<never>;
};

export type StageRequest = {
  /** The nodes to run, in topological order. */
  readonly nodes: readonly PlanNode[];
  readonly cases: { readonly [match: string]: number };
  readonly spools: readonly string[];
  readonly environment: Environment;
};

/** How a node of a stage ended. `took` in milliseconds. */
export type NodeOutcome = { readonly started: number; readonly took: number } & (
  | { readonly status: "success"; readonly value: unknown }
  | { readonly status: "success"; readonly rows: number; readonly at?: WorkReference }
  /** `untouched`: its rows come from a producer of the stage, and it failed before the first of them came. */
  | { readonly status: "failed"; readonly failure: Failure; readonly upstream?: true; readonly untouched?: true }
);

/**
 * Runs the nodes of one stage for one object: streams flow from producers to consumers with back-pressure, in
 * memory that does not grow with them. Never throws for a task's failure: every node has an outcome, and a consumer
 * that fails does not stop its neighbours.
 */
export async function runStage(request: StageRequest, needs: StageDependencies): Promise<ReadonlyMap<string, NodeOutcome>> {
  const { nodes, environment } = request;
  const outcomes = new Map<string, NodeOutcome>();
  const tasks = nodes.filter((node) => node.kind === "task");
  const producers = new Map(tasks.filter((node) => isRowsPort(needs.task(node.task).out)).map((node) => [node.id, node]));
  const subscriptions: Subscription[] = [];
  const values = await prefetch(tasks, environment, needs.fetch);

  /** The producer in this stage behind an expression, through the matches between; or a stream kept earlier. */
  function streamOf(expression: Expression): { producer: string } | { at: WorkReference } | undefined {
    if (!("from" in expression) || expression.path.length > 0) return undefined;
    if (producers.has(expression.from)) return { producer: expression.from };
    const match = nodes.find((node): node is MatchNode => node.kind === "match" && node.id === expression.from);
    const taken = match?.cases[request.cases[match.id] ?? -1];
    if (taken) return streamOf(taken.result);
    const settled = environment.settled[expression.from];
    if (settled?.status !== "success") return undefined;
    if ("same" in settled.value) return streamOf(settled.value.same);
    return "rows" in settled.value && settled.value.at ? { at: settled.value.at } : undefined;
  }

  function producerOf(id: string): string | undefined {
    const stream = streamOf({ from: id, path: [] });
    return stream && "producer" in stream ? stream.producer : undefined;
  }

  function subscribe(producer: string, consumer: string): AsyncIterable<unknown> {
    const made = subscription(producer, consumer);
    subscriptions.push(made);
    return made.rows;
  }

  function inputOf(node: string, expression: Expression, port: InPort | undefined): unknown {
    if (port === undefined) return undefined;
    if (isObjectPort(port)) return needs.object;
    if (isRowsPort(port)) {
      const stream = streamOf(expression);
      if (!stream) throw terminal("STREAM_GONE", "The rows that this task consumes were not kept. Re-process the object from the start.");
      return "at" in stream ? needs.open(stream.at) : subscribe(stream.producer, node);
    }
    if (isSchema(port)) return parse(port, fromJson(evaluate(expression, environment, values)), { what: "input", object: needs.object });
    return Object.fromEntries(Object.entries(port).map(([name, field]) => [name, inputOf(node, extend(expression, [name]), field)]));
  }

  async function settle(node: TaskNode, body: () => Promise<{ value: unknown } | { rows: number; at?: WorkReference }>): Promise<void> {
    const started = Date.now();
    const own = subscriptions.filter(({ consumer }) => consumer === node.id);
    const outcome = await Promise.race(needs.late ? [body(), needs.late] : [body()]).then(
      (value) => ({ status: "success" as const, ...value }),
      (thrown: unknown) => {
        const broken = own.find(({ failure }) => failure);
        const untouched = own.length > 0 && !own.some(({ begun }) => begun);
        const failed = { status: "failed" as const, ...(untouched && { untouched }) };
        if (broken?.failure)
          return { ...failed, upstream: true as const, failure: upstreamFailure(node.id, broken.producer, broken.failure) };
        return { ...failed, failure: toFailure(thrown, node.id, thrownAt(thrown, needs.task(node.task).place)) };
      },
    );
    outcomes.set(node.id, { ...outcome, started, took: Date.now() - started });
    // Whoever has ended is no longer waited for, also if it never read a row.
    for (const { leave } of own) leave();
  }

  /** A call of the body that throws where the input cannot be had. Made for all before any runs: by then everybody has subscribed. */
  function prepare(node: TaskNode): () => unknown {
    const runnable = needs.task(node.task);
    try {
      const input = inputOf(node.id, node.input, runnable.in);
      const options = (node.options ? fromJson(evaluate(node.options, environment, values)) : {}) as JsonObject;
      return () => runnable.run(input, needs.context(node.id, environment.item), options);
    } catch (thrown) {
      return () => {
        throw thrown;
      };
    }
  }

  async function produce(node: TaskNode, call: () => unknown, port: RowsPort): Promise<{ rows: number; at?: WorkReference }> {
    const wanted = subscriptions.filter(({ producer }) => producer === node.id);
    const spooled = request.spools.some((id) => producerOf(id) === node.id);
    const rows = rowsOf(call, port, needs.object);
    const stream = broadcast(needs.hold ? needs.hold(rows) : rows, wanted.length + (spooled ? 1 : 0));
    for (const [index, outlet] of stream.outlets.entries()) wanted[index]?.connect(outlet);
    const last = stream.outlets[wanted.length];
    const kept = last && needs.spool(node.id, last.rows);
    kept?.catch(() => last?.leave());
    const count = await stream.run();
    const at = await kept;
    return { rows: count, ...(at && { at }) };
  }

  async function consume(call: () => unknown, port: OutPort | undefined): Promise<{ value: unknown }> {
    return { value: parse(port, await call(), { what: "output", object: needs.object }) };
  }

  function outcomeOfMatch(node: MatchNode): NodeOutcome {
    const stream = streamOf({ from: node.id, path: [] });
    if (stream && "producer" in stream) {
      const outcome = outcomes.get(stream.producer) as NodeOutcome;
      return outcome.status === "failed" ? { ...outcome, upstream: true } : outcome;
    }
    return { status: "success", rows: stream?.at.length ?? 0, started: Date.now(), took: 0, ...(stream && { at: stream.at }) };
  }

  const calls = tasks.map((node) => [node, prepare(node)] as const);
  await Promise.all(
    calls.map(([node, call]) => {
      const { out } = needs.task(node.task);
      return settle(node, () => (isRowsPort(out) ? produce(node, call, out) : consume(call, out)));
    }),
  );
  for (const node of nodes) if (node.kind === "match") outcomes.set(node.id, outcomeOfMatch(node));
  return outcomes;
}
