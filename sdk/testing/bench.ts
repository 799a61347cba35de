import type { JsonObject } from "../contracts/json.ts";
import type { Receipt } from "../contracts/receipt.ts";
import type { TaskContext } from "../execution/context.ts";
import type { RunnableTask, StageDependencies } from "../execution/run-stage.ts";
import type { TaskDefinition } from "../language/task.ts";
import type { Plan } from "../plan/plan.ts";
import type { RunDagOptions } from "./run-dag.ts";

/** What stages need of the world, in memory: streams are kept in arrays, integrators collect what they are given. */
export function createBench(plan: Plan, tasks: ReadonlyMap<string, TaskDefinition>, { object, replace = {}, onLog }: RunDagOptions) {
  const written: { [node: string]: readonly unknown[] } = {};
  const kept = new Map<string, readonly unknown[]>();

  function runnable(name: string): RunnableTask {
    const definition = tasks.get(name);
    if (!definition)
      throw new Error(`The plan names the task "${name}", which is not defined. Give runPlan the tasks that the plan was compiled with.`);
    return {
      in: definition.in,
      out: definition.out,
      place: definition.place,
      run(input, context, options) {
        const replaced = replace[context.run.node] ?? replace[definition.name] ?? replace[name];
        if (replaced) return replaced(input as never, context, options);
        return definition.run
          ? definition.run(input as never, context)
          : write(context.run.node, definition.spec.integrator ?? name, input);
      },
    };
  }

  async function write(node: string, integrator: string, input: unknown): Promise<Receipt> {
    const given = isAsyncIterable(input) ? await Array.fromAsync(input) : [input];
    written[node] = [...(written[node] ?? []), ...given];
    return { sink: "test", what: "rows", count: given.length, where: integrator, locator: {} };
  }

  function contextOf(node: string, item: string | undefined, attempt: number): TaskContext {
    const at = (level: string) => (message: string, fields?: JsonObject) =>
      onLog?.({ level, task: node, message, ...(fields && { fields }) });
    return {
      signal: new AbortController().signal,
      log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
      attempt,
      object,
      run: { workflowId: "test", runId: "test", dag: plan.dag, node, ...(item !== undefined && { item }) },
      heartbeat: () => {},
      position: undefined,
    };
  }

  function attempt(number: number): StageDependencies {
    return {
      object,
      task: runnable,
      context: (node, item) => contextOf(node, item, number),
      fetch: async () => null,
      async *open({ work }) {
        yield* kept.get(work) ?? [];
      },
      async spool(node, rows) {
        const all = await Array.fromAsync(rows);
        kept.set(node, all);
        return { work: node, size: 0, length: all.length };
      },
    };
  }

  return { written, attempt };
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
