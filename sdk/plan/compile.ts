import type { ObjectInfo } from "../contracts/object.ts";
import type { DagDefinition } from "../language/dag.ts";
import { type FlowBuilder, type Problem, type SourcePlace, traceFlow } from "../language/flow.ts";
import { symbolic, type Value } from "../language/symbolic.ts";
import type { TaskDefinition } from "../language/task.ts";
import { checkPlan } from "./check.ts";
import type { Plan, TaskSpec } from "./plan.ts";
import { formStages } from "./stages.ts";

/** What a DAG definition compiles to. With problems, the plan must not be put in force. */
export type CompiledDag = {
  readonly plan: Plan;
  /** By name in the plan; integrators are among them without a body. */
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  readonly problems: readonly Problem[];
  /** Where each node stands in the file. */
  readonly places: ReadonlyMap<string, SourcePlace>;
};

/** Traces a DAG's flow, twice, and makes its plan. All problems are found at once. */
export function compileDag(definition: DagDefinition): CompiledDag {
  const first = trace(definition);
  const second = trace(definition);
  const problems: Problem[] = [...first.problems];
  const shape = (flow: FlowBuilder) => JSON.stringify([flow.nodes, flow.scopes]);
  if (shape(first) !== shape(second)) {
    problems.push({
      code: "FLOW_NOT_DETERMINISTIC",
      message: `The flow of "${definition.name}" wires something else each time it is run. Take clocks, chance and outside state out of it; they belong into tasks.`,
      ...definition.place,
    });
  }
  const specs = [...first.tasks].map(([name, task]): [string, TaskSpec] => [name, task.spec]);
  const draft = { dag: definition.name, on: definition.on, tasks: Object.fromEntries(specs), nodes: first.nodes, scopes: first.scopes };
  for (const problem of checkPlan(draft, first.places)) problems.push({ ...definition.place, ...problem });
  return {
    plan: { format: "sluice.plan/1", ...draft, stages: formStages(draft) },
    tasks: first.tasks,
    problems: unique(problems.map((problem) => ({ ...definition.place, ...problem }))),
    places: first.places,
  };
}

function trace(definition: DagDefinition): FlowBuilder {
  return traceFlow((flow) => definition.flow(symbolic<Value<ObjectInfo>>(flow, { from: "object", path: [] })));
}

function unique(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ code, message, line }) => {
    const id = `${code}\n${line}\n${message}`;
    return !seen.has(id) && seen.add(id);
  });
}
