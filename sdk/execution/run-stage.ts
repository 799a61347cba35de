import { type Failure, fingerprintOf, terminal, toFailure } from "../contracts/errors.ts";
import type { Json, JsonObject } from "../contracts/json.ts";
import type { LakeObject } from "../contracts/object.ts";
import type { WorkReference } from "../interpreter/settled.ts";
import { type Elsewhere, type Environment, evaluate } from "../interpreter/values.ts";
import { isObjectPort, isRowsPort, isSchema, type InPort, type OutPort, type RowsPort } from "../language/ports.ts";
import type { Expression, MatchNode, PlanNode, TaskNode } from "../plan/plan.ts";
import { broadcast, chunked, chunksOf } from "./broadcast.ts";
import type { TaskContext } from "./context.ts";
import { fromJson } from "./serial.ts";

/** A task as it is run: its ports and its body; the options are an integrator's. */
export type RunnableTask = {
  readonly in: InPort | undefined;
  readonly out: OutPort | undefined;
  run(input: unknown, context: TaskContext, options: JsonObject): unknown;
};

/** What a stage needs of the world. */
export type StageDependencies = {
  task(name: string): RunnableTask;
  context(node: string): TaskContext;
  object: LakeObject;
  /** Fetches values from the work area; called before any body runs. */
  fetch(elsewhere: Elsewhere): Promise<Json>;
  /** The rows of a stream that was spooled. */
  open(at: WorkReference): AsyncIterable<unknown>;
  /** Keeps a stream in the work area. */
  spool(node: string, rows: AsyncIterable<unknown>): Promise<WorkReference>;
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
  | { readonly status: "failed"; readonly failure: Failure; readonly upstream?: true }
);

type Subscription = {
  readonly producer: string;
  readonly consumer: string;
  readonly connect: (rows: AsyncIterable<unknown>) => void;
  leave: () => void;
};

/** Marks an error that came down a stream from its producer. */
class ProducerFailed extends Error {}

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
  const work: Promise<void>[] = [];
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
    const { promise, resolve } = Promise.withResolvers<AsyncIterable<unknown>>();
    subscriptions.push({ producer, consumer, connect: resolve, leave: () => {} });
    return chunked(async function* () {
      yield* chunksOf(await promise);
    });
  }

  function inputOf(node: string, expression: Expression, port: InPort | undefined): unknown {
    if (port === undefined) return undefined;
    if (isObjectPort(port)) return needs.object;
    if (isRowsPort(port)) {
      const stream = streamOf(expression);
      if (!stream) throw terminal("STREAM_GONE", "The rows that this task consumes were not kept. Re-process the object from the start.");
      return "at" in stream ? needs.open(stream.at) : subscribe(stream.producer, node);
    }
    if (isSchema(port)) return parse(port, fromJson(evaluate(expression, environment, values)), "input");
    const given = "const" in expression ? (expression.const as JsonObject) : undefined;
    const part = (name: string): Expression => ("record" in expression ? (expression.record[name] ?? { const: null }) : { const: given?.[name] ?? null });
    return Object.fromEntries(Object.entries(port).map(([name, field]) => [name, inputOf(node, part(name), field)]));
  }

  async function settle(node: PlanNode, body: () => Promise<{ value: unknown } | { rows: number; at?: WorkReference }>): Promise<void> {
    const started = Date.now();
    try {
      outcomes.set(node.id, { status: "success", started, took: 0, ...(await body()) });
    } catch (thrown) {
      const failure = toFailure(thrown, node.id);
      const upstream = thrown instanceof ProducerFailed;
      const passed: Failure = upstream ? { ...failure, code: "UPSTREAM_FAILED", message: thrown.message, fingerprint: fingerprintOf("UPSTREAM_FAILED", node.id, "") } : failure;
      outcomes.set(node.id, { status: "failed", started, took: 0, failure: passed, ...(upstream && { upstream }) });
    }
    // Whoever has ended is no longer waited for, also if it never read a row.
    for (const subscription of subscriptions) if (subscription.consumer === node.id) subscription.leave();
    const outcome = outcomes.get(node.id) as NodeOutcome;
    outcomes.set(node.id, { ...outcome, took: Date.now() - started });
  }

  // Consumers first: by the time a producer starts, all who want its rows have said so.
  const starts: (() => Promise<void>)[] = [];
  for (const node of tasks) {
    const runnable = needs.task(node.task);
    let input: unknown;
    let options: JsonObject = {};
    try {
      input = inputOf(node.id, node.input, runnable.in);
      options = (node.options ? fromJson(evaluate(node.options, environment, values)) : {}) as JsonObject;
    } catch (thrown) {
      starts.push(() => settle(node, () => Promise.reject(thrown)));
      continue;
    }
    const call = () => runnable.run(input, needs.context(node.id), options);
    const own = producers.has(node.id) ? () => produce(node, call, runnable.out as RowsPort) : () => settle(node, async () => ({ value: parse(runnable.out, await call(), "output") }));
    starts.push(own);
  }

  async function produce(node: TaskNode, call: () => unknown, port: RowsPort): Promise<void> {
    const wanted = subscriptions.filter(({ producer }) => producer === node.id);
    const spooled = request.spools.some((id) => producerOf(id) === node.id);
    await settle(node, async () => {
      const stream = broadcast(checked(call() as AsyncIterable<unknown>, port), wanted.length + (spooled ? 1 : 0));
      for (const [index, subscription] of wanted.entries()) {
        const outlet = stream.outlets[index] as (typeof stream.outlets)[number];
        subscription.connect(downstream(outlet.rows, node.id));
        subscription.leave = outlet.leave;
        if (outcomes.has(subscription.consumer)) outlet.leave();
      }
      const last = stream.outlets[wanted.length];
      const kept = last && needs.spool(node.id, last.rows);
      kept?.catch(() => last?.leave());
      const rows = await stream.run();
      const at = await kept;
      return { rows, ...(at && { at }) };
    });
  }

  for (const start of starts) work.push(start());
  await Promise.all(work);
  for (const node of nodes) if (node.kind === "match") outcomes.set(node.id, outcomeOfMatch(node));
  return outcomes;

  function outcomeOfMatch(node: MatchNode): NodeOutcome {
    const stream = streamOf({ from: node.id, path: [] });
    const producer = outcomes.get(producerOf(node.id) ?? "");
    if (producer?.status === "failed") return { ...producer, upstream: true };
    return producer ?? { status: "success", rows: 0, started: Date.now(), took: 0, ...(stream && "at" in stream && { at: stream.at }) };
  }
}

/** Errors of a producer reach its consumers marked, so that they count as upstream failures. */
function downstream(rows: AsyncIterable<unknown>, producer: string): AsyncIterable<unknown> {
  return chunked(async function* () {
    try {
      yield* chunksOf(rows);
    } catch (thrown) {
      throw new ProducerFailed(`Its rows ended early, because ${producer} failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  });
}

/** Every row parsed by the schema of its producer, unless it is trusted. */
function checked(rows: AsyncIterable<unknown>, port: RowsPort): AsyncIterable<unknown> {
  if (typeof rows?.[Symbol.asyncIterator] !== "function") {
    throw terminal("NO_ROWS", "The task has `out: rows(…)` but returned something else. Make its body an async generator: `async *run(…) { yield row; }`.");
  }
  if (port.trusted) return rows;
  let number = 0;
  return chunked(async function* () {
    for await (const chunk of chunksOf(rows)) yield chunk.map((row) => parse(port.schema, row, "row", ++number));
  });
}

/** @throws `SCHEMA_MISMATCH` (terminal), with the place in the value. */
function parse(port: OutPort | undefined, value: unknown, what: "input" | "output" | "row", row?: number): unknown {
  if (port === undefined) return null;
  if (!isSchema(port)) return value;
  const parsed = port.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const pointer = `/${(issue?.path ?? []).join("/")}`;
  const number = row === undefined ? "" : ` ${row}`;
  throw terminal("SCHEMA_MISMATCH", `The task's ${what}${number} does not fit its schema at ${pointer}: ${issue?.message ?? "unknown"}. Mend the data, or the schema of the task.`, {
    place: { pointer, ...(row !== undefined && { row }) },
  });
}

/** Fetches everything in the work area that the inputs mention, so that expressions can be evaluated at once. */
async function prefetch(tasks: readonly TaskNode[], environment: Environment, fetch: StageDependencies["fetch"]): Promise<(elsewhere: Elsewhere) => Json> {
  const wanted = new Map<string, Promise<Json>>();
  const key = ({ stored, path }: Elsewhere) => `${stored.at?.work}${JSON.stringify(path)}`;
  for (const expression of tasks.flatMap((node) => (node.options ? [node.input, node.options] : [node.input]))) {
    evaluate(expression, environment, (elsewhere) => {
      if ("rows" in elsewhere.stored) return null;
      if (!wanted.has(key(elsewhere))) wanted.set(key(elsewhere), fetch(elsewhere));
      return null;
    });
  }
  const fetched = new Map(await Promise.all([...wanted].map(async ([id, value]) => [id, await value] as const)));
  return (elsewhere) => fetched.get(key(elsewhere)) ?? null;
}
