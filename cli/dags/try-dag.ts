import { AsyncDisposableStack } from "@whatwg-node/disposablestack";
import type { JsonObject } from "../../sdk/contracts/json.ts";
import type { Receipt } from "../../sdk/contracts/receipt.ts";
import type { IntegratorBody } from "../../sdk/execution/context.ts";
import { type DagRun, type Replacement, runPlan } from "../../sdk/testing/index.ts";
import { jsonObject } from "../arguments.ts";
import { createOutput } from "../output/output.ts";
import { likelyContainer, likelyKey, mismatch } from "./arrival.ts";
import { dagNamed, type FolderOptions, openFolders } from "./folders.ts";
import { localObject } from "./local-object.ts";
import { openSinks } from "./sinks.ts";
import { runText } from "./run-text.ts";

export type TryOptions = FolderOptions & {
  readonly type?: string;
  readonly container?: string;
  readonly key?: string;
  readonly metadata?: string;
  readonly rows: number;
  readonly write?: boolean;
  readonly json?: boolean;
};

/** What one sink was given, or would get. */
export type Delivery = {
  readonly node: string;
  readonly integrator: string;
  readonly options: JsonObject;
  rows: number;
  readonly first: unknown[];
  receipt?: Receipt;
};

/** Runs the real task bodies of a DAG on a local file, in this process; writes to nothing unless asked. */
export async function tryDag(name: string, file: string, options: TryOptions): Promise<void> {
  const output = createOutput(options);
  await using registry = await openFolders(options, output);
  const dag = dagNamed(registry, name);
  const metadata = options.metadata === undefined ? {} : jsonObject("--metadata", options.metadata);
  const { container = likelyContainer(dag.plan.on), key = likelyKey(dag.plan.on, file) } = options;
  const object = await localObject(file, { container, key, metadata, ...(options.type !== undefined && { type: options.type }) });
  const reason = mismatch(dag.plan.on, object);
  if (reason) output.note(`In the lake this object would not start "${name}": ${reason}`);

  await using closing = new AsyncDisposableStack();
  const sinks = options.write ? closing.use(await openSinks()) : undefined;
  const deliveries = new Map<string, Delivery>();
  const replace = Object.fromEntries(
    dag.plan.nodes.flatMap((node) => {
      const spec = node.kind === "task" ? dag.plan.tasks[node.task] : undefined;
      if (spec?.kind !== "integrator") return [];
      const integrator = spec.integrator ?? "";
      return [[node.id, deliver(deliveries, node.id, integrator, options.rows, sinks?.integrators.get(integrator)?.write)] as const];
    }),
  );
  const run: DagRun = await runPlan(dag.plan, dag.tasks, {
    object,
    replace,
    onLog: ({ level, task, message, fields }) =>
      output.note(output.paint.dim(`${level} ${task}: ${message}${fields ? ` ${JSON.stringify(fields)}` : ""}`)),
  });
  output.result({
    dag: name,
    status: run.status,
    failure: run.failure,
    wrote: sinks !== undefined,
    ran: run.ran,
    sinks: [...deliveries.values()],
  });
  output.print(runText(dag.plan, object, run, [...deliveries.values()], { wrote: sinks !== undefined, ...output }));
  if (run.status === "failed") process.exitCode = 1;
}

/** Counts what flows into a sink and keeps the first of it; passes it on where it is really written. */
function deliver(
  deliveries: Map<string, Delivery>,
  node: string,
  integrator: string,
  keep: number,
  write: IntegratorBody | undefined,
): Replacement {
  return async (input: unknown, context, options) => {
    const delivery: Delivery = deliveries.get(node) ?? { node, integrator, options, rows: 0, first: [] };
    deliveries.set(node, delivery);
    const note = (row: unknown) => {
      delivery.rows++;
      if (delivery.first.length < keep) delivery.first.push(row);
    };
    async function* noted(rows: AsyncIterable<unknown>): AsyncIterable<unknown> {
      for await (const row of rows) {
        note(row);
        yield row;
      }
    }
    const isStream = typeof input === "object" && input !== null && Symbol.asyncIterator in input;
    if (!isStream) note(input);
    const passed = isStream ? noted(input as AsyncIterable<unknown>) : input;
    if (write) return (delivery.receipt = await write(passed, options, context));
    if (isStream) for await (const _ of passed as AsyncIterable<unknown>);
    return { sink: "nothing", what: isStream ? "rows" : "values", count: delivery.rows, where: integrator, locator: {} } satisfies Receipt;
  };
}
