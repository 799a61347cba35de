import { LRUCache } from "lru-cache";
import type { ObjectStore } from "../../infra/stores/object-store.ts";
import { isSluiceError, terminal } from "../../sdk/contracts/errors.ts";
import type { JsonObject } from "../../sdk/contracts/json.ts";
import type { Integrator, TaskContext } from "../../sdk/execution/context.ts";
import type { RunnableTask } from "../../sdk/execution/run-stage.ts";
import type { TaskDefinition } from "../../sdk/language/task.ts";
import type { Plan, PublishedPlan } from "../../sdk/plan/plan.ts";
import type { PlanReference } from "../contract.ts";

export const codeContainer = "sluice-code";
export const planKey = (hash: string) => `plans/${hash}.json`;
export const codeKey = (hash: string) => `code/${hash}.mjs`;

/** Plans and the bodies of their tasks, by hash: from memory, or from the lake. */
export type Library = {
  /** @throws `CODE_GONE` (terminal) */
  plan(reference: Pick<PlanReference, "plan" | "code">): Promise<PublishedPlan>;
  /** @throws `CODE_GONE` (terminal) */
  task(published: PublishedPlan, name: string): Promise<RunnableTask & Pick<TaskDefinition, "undo">>;
  /** What a task's code is known by across versions of its file; undefined where the bundle is gone, or does not tell. */
  taskHash(bundle: string, name: string): Promise<string | undefined>;
};

export type LibraryDependencies = {
  readonly store: ObjectStore;
  readonly integrators: ReadonlyMap<string, Integrator>;
  /** Tasks of a code bundle by name: imports it. */
  readonly importTasks: (code: string, hash: string) => Promise<ReadonlyMap<string, TaskDefinition>>;
  /** Hashes of the tasks of a code bundle by name, each of its own code alone. */
  readonly taskHashes: (code: string) => Promise<ReadonlyMap<string, string>>;
};

export function createLibrary({
  store,
  integrators,
  importTasks,
  taskHashes,
}: LibraryDependencies): Library & { know(published: PublishedPlan): void } {
  const plans = new LRUCache<string, Plan>({ max: 500 });
  // Imported modules cannot be unloaded, so neither are they forgotten.
  const bundles = new Map<string, Promise<ReadonlyMap<string, TaskDefinition>>>();
  const hashes = new LRUCache<string, Promise<ReadonlyMap<string, string>>>({ max: 500 });

  async function fetchText(key: string, what: string): Promise<string> {
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of (await store.get(codeContainer, key)).body) chunks.push(chunk);
      return Buffer.concat(chunks).toString("utf8");
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "OBJECT_GONE")) throw cause;
      throw terminal(
        "CODE_GONE",
        `${what} is not in the lake any more (${codeContainer}/${key}). Publish its DAG file again, or re-process with the plan of now.`,
        { cause },
      );
    }
  }

  async function plan({ plan: hash, code }: Pick<PlanReference, "plan" | "code">): Promise<PublishedPlan> {
    const known = plans.get(hash) ?? (JSON.parse(await fetchText(planKey(hash), `The plan ${hash}`)) as Pick<PublishedPlan, "plan">).plan;
    plans.set(hash, known);
    return { hash, plan: known, code };
  }

  const fetchBundle = (hash: string) => fetchText(codeKey(hash), `The code bundle ${hash}`);

  function bundle(hash: string): Promise<ReadonlyMap<string, TaskDefinition>> {
    const known = bundles.get(hash);
    if (known) return known;
    const loading = fetchBundle(hash).then((code) => importTasks(code, hash));
    loading.catch(() => bundles.delete(hash));
    bundles.set(hash, loading);
    return loading;
  }

  async function task(published: PublishedPlan, name: string) {
    const spec = published.plan.tasks[name];
    if (spec?.kind === "integrator") return integratorTask(published.plan, name, integrators);
    const hash = published.code[name];
    const definition = hash === undefined ? undefined : (await bundle(hash)).get(name);
    if (!definition?.run)
      throw terminal(
        "CODE_GONE",
        `The task "${name}" of "${published.plan.dag}" is not in its code bundle ${hash ?? "(none)"}. Publish its DAG file again.`,
      );
    const { in: input, out, place, run, undo } = definition;
    return { in: input, out, place, run: (value: unknown, context: TaskContext) => run(value as never, context), ...(undo && { undo }) };
  }

  function hashesOf(hash: string): Promise<ReadonlyMap<string, string>> {
    const known = hashes.get(hash);
    if (known) return known;
    const reading = fetchBundle(hash).then(taskHashes);
    reading.catch(() => hashes.delete(hash));
    hashes.set(hash, reading);
    return reading;
  }

  async function taskHash(hash: string, name: string): Promise<string | undefined> {
    try {
      return (await hashesOf(hash)).get(name);
    } catch (error) {
      if (isSluiceError(error) && error.code === "CODE_GONE") return undefined;
      throw error;
    }
  }

  return { plan, task, taskHash, know: ({ hash, plan: known }) => void plans.set(hash, known) };
}

function integratorTask(
  plan: Plan,
  name: string,
  integrators: ReadonlyMap<string, Integrator>,
): RunnableTask & Pick<TaskDefinition, "undo"> {
  const spec = plan.tasks[name];
  const integrator = integrators.get(spec?.integrator ?? "");
  if (!integrator) {
    throw terminal(
      "UNKNOWN_INTEGRATOR",
      `The plan of "${plan.dag}" writes with "${spec?.integrator}", which this Sluice does not have. It has ${[...integrators.keys()].join(", ")}.`,
    );
  }
  return {
    in: spec ? integratorPort(spec.in.kind) : undefined,
    // Not none: a task without an output is worth null, and the receipt would be lost.
    out: anyValue as unknown as RunnableTask["out"],
    run: (input, context, options: JsonObject) => integrator.write(input, options, context),
    undo: async (receipt, context) => void (await integrator.undo(receipt, context)),
  };
}

const portKind = Symbol.for("sluice.port");
const anyValue = { _zod: {}, safeParse: (data: unknown) => ({ success: true as const, data }) };

/** What an integrator takes was checked by whoever made it: rows and values are passed on as they are. */
function integratorPort(kind: string): RunnableTask["in"] {
  if (kind === "object") return { [portKind]: "object" } as RunnableTask["in"];
  if (kind === "rows") return { [portKind]: "rows", schema: anyValue, trusted: true } as unknown as RunnableTask["in"];
  return anyValue as unknown as RunnableTask["in"];
}
