import type { z } from "zod";
import type { Json } from "../contracts/json.ts";
import type { TaskContext } from "../execution/context.ts";
import {
  defaultRetry,
  defaultTimeout,
  integratorRetry,
  type RetryPolicy,
  type SitePreference,
  sitePreferences,
  type TaskSpec,
} from "../plan/plan.ts";
import { type Duration, milliseconds } from "./duration.ts";
import { currentFlow, freshId, placeOfCaller, type SourcePlace } from "./flow.ts";
import { checkOptions, type KnownOptions } from "./known-options.ts";
import { callback, count, duration, factor, flag, oneOf, record, required, text } from "./option-kinds.ts";
import {
  describePort,
  type Given,
  inPort,
  type InPort,
  isRowsPort,
  outPort,
  type OutPort,
  type Output,
  type Returned,
  type Wire,
} from "./ports.ts";
import { symbolic, toExpression } from "./symbolic.ts";

const taskBrand = Symbol.for("sluice.task");

/** How a task is tried again after a retryable failure. */
export type RetryOptions = {
  /**
   * Tries in all, the first included; 0: no limit. Default 3, for integrators 0. A try that only found a sink away
   * (the codes `SINK_AWAY` and `SINK_BUSY`) is none.
   */
  readonly attempts?: number;
  /** Pause before the second try. Default 1 s. */
  readonly initialInterval?: Duration;
  /** Each pause is this many times the one before. Default 2. */
  readonly backoff?: number;
  /** Longest pause. Default 1 minute, for integrators 30 s; never less than the pause before the second try. */
  readonly maximumInterval?: Duration;
};

export type TaskOptions = {
  readonly retry?: RetryOptions;
  /** Longest time that one attempt may take. Default 10 minutes. */
  readonly timeout?: Duration;
  /** Longest silence between two calls of `context.heartbeat`; without it a task cannot heartbeat. */
  readonly heartbeat?: Duration;
  /** `local`: at the site nearest to the object; `global` (default): at the best central one. */
  readonly site?: SitePreference;
};

const settings = {
  retry: record({ attempts: count, initialInterval: duration, backoff: factor, maximumInterval: duration }),
  timeout: duration,
  site: oneOf(sitePreferences),
};
const taskOptions: KnownOptions = {
  name: required(text),
  in: inPort,
  out: outPort,
  run: required(callback),
  undo: callback,
  ...settings,
  heartbeat: duration,
};
const integratorOptions: KnownOptions = { ...settings, undo: flag };

/** A task's definition, as the loader and the engine read it. */
export type TaskDefinition = {
  readonly name: string;
  readonly spec: TaskSpec;
  readonly in: InPort | undefined;
  readonly out: OutPort | undefined;
  readonly run?: (input: never, context: TaskContext) => unknown;
  readonly undo?: (output: never, context: TaskContext) => unknown;
  readonly place: SourcePlace;
};

type Arguments<In> = In extends InPort ? [input: Wire<In>] : [];

/** A task: call it in a flow to make a node of it. */
export type Task<In, Out> = ((...input: Arguments<In>) => Output<Out>) & { readonly [taskBrand]: TaskDefinition };

/**
 * A step of a DAG: a name, what goes in and out, and a body. The name is its identity; renaming the constant that
 * holds it breaks nothing.
 *
 * What a body throws is retried by the task's policy, unless it is an error made by `terminal`, which says that the
 * input is wrong. A body may run more than once, so its effects must be idempotent.
 *
 * @example
 * ```ts
 * import { object, rows, task } from "sluice/sdk";
 * import { z } from "zod";
 * export const splitLines = task({
 *   name: "split-lines",
 *   in: object,
 *   out: rows(z.object({ line: z.string() })),
 *   retry: { attempts: 5 },
 *   timeout: "2m",
 *   async *run(object, { signal }) {
 *     signal.throwIfAborted();
 *     for (const line of (await object.text()).split("\n")) yield { line };
 *   },
 * });
 * ```
 */
export function task<const In extends InPort | undefined = undefined, Out extends OutPort | undefined = undefined>(
  definition: TaskOptions & {
    readonly name: string;
    readonly in?: In;
    readonly out?: Out;
    run(input: Given<NoInfer<In>>, context: TaskContext): Returned<NoInfer<Out>>;
    /** Reverses the task once its DAG has settled failed; removes only what that run did. Gets what `run` returned. */
    undo?(output: Out extends z.ZodType ? z.output<Out> : Json, context: TaskContext): void | Promise<void>;
  },
): Task<In, Out> {
  const given: typeof definition = checkOptions("task", definition, taskOptions) ? definition : asFarAsItHolds(definition);
  return callable({
    name: given.name,
    spec: specOf("code", given.in, given.out, given, given.undo !== undefined),
    in: given.in,
    out: given.out,
    run: given.run,
    ...(given.undo && { undo: given.undo }),
    place: placeOfCaller(),
  });
}

/** Its file is not put in force; the rest of it is checked all the same. */
function asFarAsItHolds<Definition extends { readonly name: string }>(definition: Definition): Definition {
  const entries = Object.entries(Object(definition)).filter(
    ([name, value]) => ["in", "out", "run"].includes(name) && taskOptions[name]?.takes(value),
  );
  const { name } = Object(definition) as Partial<Definition>;
  return { run: () => null, ...Object.fromEntries(entries), name: text.takes(name) ? name : "unnamed" } as unknown as Definition;
}

/** A handle for an integrator: its body lives in the engine, its options go into the plan. */
export function integrator<const In extends InPort, Out extends OutPort, Options>(definition: {
  readonly name: string;
  readonly in: In;
  readonly out: Out;
  /** What it takes of its own, beside {@link IntegratorOptions}. */
  readonly options?: KnownOptions;
  /** True: it may be given none of its own at all, even of those that are required. */
  readonly bare?: boolean;
}): (input: Wire<In>, options?: Options & IntegratorOptions) => Output<Out> {
  const called = definition.name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const known: KnownOptions = { ...definition.options, ...integratorOptions };
  return (input, given) => {
    const bare = definition.bare && Object.keys(given ?? {}).every((name) => name in integratorOptions);
    const sound = checkOptions(called, given, bare ? integratorOptions : known);
    const options = sound ? given : {};
    const { undo, retry, timeout, site, ...own } = (options ?? {}) as IntegratorOptions;
    const settings = { ...(retry && { retry }), ...(timeout && { timeout }), ...(site && { site }) };
    const spec = { ...specOf("integrator", definition.in, definition.out, settings, undo ?? false), integrator: definition.name };
    const call = callable<In, Out>({ name: definition.name, spec, in: definition.in, out: definition.out, place: placeOfCaller() }, own);
    return (call as unknown as (input: unknown) => Output<Out>)(input);
  };
}

/** What every integrator can be told beside its own options. */
export type IntegratorOptions = Omit<TaskOptions, "heartbeat"> & {
  /** True: what it wrote is removed again when the DAG fails. Default false. */
  readonly undo?: boolean;
};

export function taskDefinitionOf(value: unknown): TaskDefinition | undefined {
  return typeof value === "function" ? (value as Partial<Task<never, never>>)[taskBrand] : undefined;
}

function specOf(
  kind: TaskSpec["kind"],
  input: InPort | undefined,
  output: OutPort | undefined,
  options: TaskOptions,
  undo: boolean,
): TaskSpec {
  const fallback = kind === "integrator" ? integratorRetry : defaultRetry;
  return {
    kind,
    in: describePort(input, "input"),
    out: describePort(output, "output"),
    retry: retryPolicy(options.retry, fallback),
    timeout: options.timeout === undefined ? defaultTimeout : milliseconds(options.timeout),
    ...(options.heartbeat !== undefined && { heartbeat: milliseconds(options.heartbeat) }),
    site: options.site ?? "global",
    undo,
  };
}

function retryPolicy(retry: RetryOptions = {}, fallback: RetryPolicy): RetryPolicy {
  const pause = (given: Duration | undefined, otherwise: number) => (given === undefined ? otherwise : milliseconds(given));
  const initialInterval = pause(retry.initialInterval, fallback.initialInterval);
  return {
    attempts: retry.attempts ?? fallback.attempts,
    initialInterval,
    backoff: retry.backoff ?? fallback.backoff,
    // Temporal refuses a policy whose longest pause is shorter than its first.
    maximumInterval: Math.max(initialInterval, pause(retry.maximumInterval, fallback.maximumInterval)),
  };
}

function callable<In, Out>(definition: TaskDefinition, options?: object): Task<In, Out> {
  const call = (input?: unknown) => {
    const flow = currentFlow(`The task "${definition.name}"`);
    const place = placeOfCaller();
    const known = flow.tasks.get(definition.name);
    if (known && definition.spec.kind === "code" && known.run !== definition.run) {
      flow.problems.push({
        code: "TWO_TASKS_OF_ONE_NAME",
        message: `Two tasks are called "${definition.name}"; the other stands in line ${known.place.line ?? "?"}. A task's name is its identity: give one of them another.`,
        ...definition.place,
      });
    }
    const id = freshId(flow, definition.name);
    // An integrator may be used with other settings in another place: each use is a task of its own in the plan.
    const name = definition.spec.kind === "integrator" ? id : definition.name;
    flow.tasks.set(name, definition);
    flow.places.set(id, place);
    flow.nodes.push({
      id,
      kind: "task",
      task: name,
      scope: flow.scope,
      input: definition.in === undefined ? { const: null } : toExpression(flow, input, `The input of ${definition.name}`, place),
      ...(options && { options: toExpression(flow, options, `The options of ${definition.name}`, place) }),
    });
    return symbolic(flow, { from: id, path: [] }, { rows: isRowsPort(definition.out) });
  };
  return Object.assign(call, { [taskBrand]: definition }) as unknown as Task<In, Out>;
}
