import { fitSummary, subjectOf } from "../sdk/contracts/summaries.ts";
import type { Json } from "../sdk/contracts/json.ts";
import type { ObjectInfo } from "../sdk/contracts/object.ts";
import { nodeOf } from "../sdk/plan/graph.ts";
import type { Expression, Plan } from "../sdk/plan/plan.ts";

type Objects = readonly Pick<ObjectInfo, "container" | "key">[];

/** `3 objects of campus: roof.csv, … → influx-points readings · campus-readings`: what is done to what, and for which DAG. */
export function summaryOf(plan: Plan, nodes: readonly string[], objects: Objects): string {
  const tasks = nodes.filter((id) => nodeOf(plan, id)?.kind === "task");
  return fitSummary(`${subjectOf(objects)} → ${tasks.map((id) => taskText(plan, id)).join(", ")} · ${plan.dag}`);
}

/** A task by its node, an integrator with what it writes into: `influx-points readings`. */
export function taskText(plan: Plan, id: string): string {
  const node = nodeOf(plan, id);
  const options = node?.kind === "task" ? node.options : undefined;
  const target = ["measurement", "collection", "label", "type"]
    .map((name) => options && constantIn(options, name))
    .find((value) => typeof value === "string");
  return target === undefined ? id : `${id} ${target}`;
}

function constantIn(options: Expression, name: string): Json | undefined {
  if ("const" in options) return Object.entries(options.const ?? {}).find(([own]) => own === name)?.[1];
  const part = "record" in options ? options.record[name] : undefined;
  return part && "const" in part ? part.const : undefined;
}
