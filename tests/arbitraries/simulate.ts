import type { Failure } from "../../sdk/contracts/errors.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";
import { advance, type ReadyStage } from "../../sdk/interpreter/advance.ts";
import { outcomeOf } from "../../sdk/interpreter/outcome.ts";
import type { RunState, Settled } from "../../sdk/interpreter/settled.ts";
import type { Environment } from "../../sdk/interpreter/values.ts";
import { nodeOf } from "../../sdk/plan/graph.ts";
import type { MapNode, Plan } from "../../sdk/plan/plan.ts";
import { rowsInto } from "../../sdk/plan/stages.ts";

/** What chance decides of a run. */
export type Fate = {
  /** Whether the task of a node fails, for an item of the maps around it. */
  fails(node: string, item: string): boolean;
  /** What a task returns that yields a text, and how many entries a list has. */
  text(node: string): string;
  length(node: string): number;
  /** Which of several ready things is done next. */
  next(ready: number): number;
};

export type BodyRun = {
  readonly body: string | null;
  readonly items: Environment["items"];
  readonly settled: RunState;
  /** Nodes whose task ran, in order. */
  readonly ran: readonly string[];
  /** Bodies of the maps in it, one for each item. */
  readonly inner: readonly BodyRun[];
};

const info = { key: "a", container: "test", type: "text/csv" } as ObjectInfo;
const failure = (task: string): Failure => ({ code: "BY_CHANCE", kind: "retryable", message: "It failed.", task, fingerprint: task });

/** Runs a plan with tasks that do nothing: only the interpreter's decisions are real. One thing is done at a time. */
export function simulate(
  plan: Plan,
  fate: Fate,
  body: string | null = null,
  around: Environment = { object: info, settled: {}, items: {} },
): BodyRun {
  let settled = around.settled;
  const ran: string[] = [];
  const inner: BodyRun[] = [];
  const settle = (id: string, state: Settled) => {
    if (settled[id]) throw new Error(`${id} settled twice`);
    settled = { ...settled, [id]: state };
  };
  const item = JSON.stringify(around.items);

  for (let steps = 0; ; steps++) {
    if (steps > plan.nodes.length) throw new Error(`not done after ${steps} steps: ${JSON.stringify(settled)}`);
    const step = advance(plan, { ...around, settled }, body);
    for (const id of Object.keys(settled)) if (step.state[id] !== settled[id]) throw new Error(`${id} changed after it had settled`);
    settled = step.state;
    const ready = [...step.stages, ...step.maps];
    const chosen = ready[fate.next(ready.length)];
    if (!chosen) {
      if (!step.done) throw new Error(`stuck: ${JSON.stringify(settled)}`);
      return { body, items: around.items, settled, ran, inner };
    }
    if ("stage" in chosen) runStage(chosen);
    else runMap(chosen.node, chosen.length);
  }

  function runStage({ nodes, cases }: ReadyStage): void {
    for (const id of nodes) {
      const node = nodeOf(plan, id);
      if (node?.kind === "match") {
        const result = node.cases[cases[id] ?? -1]?.result;
        if (!result || !("from" in result)) throw new Error(`${id} takes no case`);
        const passed = settled[result.from] as Settled;
        settle(id, passed.status === "failed" ? { ...passed, upstream: true } : passed);
      } else if (node?.kind === "task") {
        const broken = rowsInto(plan, node).some((producer) => nodes.includes(producer) && settled[producer]?.status === "failed");
        if (!broken) ran.push(id);
        settle(
          id,
          broken
            ? { status: "failed", upstream: true, failure: failure(id) }
            : fate.fails(id, item)
              ? { status: "failed", failure: failure(id) }
              : success(id, node.task),
        );
      }
    }
  }

  function success(id: string, task: string): Settled {
    const out = plan.tasks[task]?.out;
    if (out?.kind === "rows") return { status: "success", value: { rows: 1, at: { work: id, size: 1 } } };
    const isList = out?.kind === "value" && out.schema["type"] === "array";
    return {
      status: "success",
      value: { inline: isList ? Array.from({ length: fate.length(id) }, (_, index) => `${index}`) : fate.text(id) },
    };
  }

  function runMap(node: MapNode, length: number): void {
    const runs = Array.from({ length }, (_, index) =>
      simulate(plan, fate, node.body, { ...around, settled, items: { ...around.items, [node.id]: `${index}` } }),
    );
    inner.push(...runs);
    const failed = runs.map((run) => outcomeOf(plan, run.settled, node.body)).filter(({ status }) => status === "failed");
    settle(
      node.id,
      failed.length > 0 && !node.tolerate
        ? { status: "failed", failure: failure(node.id) }
        : { status: "success", value: { inline: runs.map(() => "a") } },
    );
  }
}
