import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { TaskDefinition } from "../sdk/language/task.ts";
import { checkPlan } from "../sdk/plan/check.ts";
import { dependenciesOf, nodesInBody, scopesAround } from "../sdk/plan/graph.ts";
import type { Plan, PlanNode, TaskSpec } from "../sdk/plan/plan.ts";
import { formStages } from "../sdk/plan/stages.ts";
import { planHash } from "./load.ts";
import { type LoadedFile, nothingOf } from "./loaded.ts";
import { buildPlan, type Draft } from "./plan-file/build.ts";
import { dagForm, planForm, type PlanForm } from "./plan-file/form.ts";
import { lookUpTask, type TaskTable, withoutBody } from "./plan-file/tasks.ts";
import type { Problem, SourcePlace } from "./problem.ts";
import { jsonErrorPlace, jsonPlaces } from "./text-place.ts";

type PlaceOf = (path: readonly (string | number)[]) => SourcePlace;

/** Loads a DAG written as JSON over tasks that DAG files bring along; the README of this folder describes the form. */
export async function loadPlanFile(path: string, table: TaskTable): Promise<LoadedFile> {
  const file = resolve(path);
  const outcome = compileText(await readFile(file, "utf8"), file, table);
  const { draft, problems = [] } = outcome;
  const base = nothingOf(file);
  if (!draft) return { ...base, problems };
  const { nodes, cycle } = inOrder(draft.plan);
  const whole = { ...draft.plan, nodes };
  const all: Problem[] = [...problems, ...draft.problems];
  if (cycle.length > 0)
    all.push({
      code: "CYCLE",
      message: `These nodes wait for each other: ${cycle.join(", ")}. Break the circle.`,
      file,
      ...draft.places.get(cycle[0] ?? ""),
    });
  else if (all.length === 0) all.push(...checkPlan(whole, draft.places).map((problem) => ({ file, ...problem })));
  if (all.length > 0) return { ...base, problems: all };
  const plan: Plan = { format: "sluice.plan/1", ...whole, stages: formStages(whole) };
  return {
    ...base,
    dags: [
      { hash: planHash(plan), plan, code: draft.code, file, place: { file, line: 1, column: 1 }, places: draft.places, tasks: draft.tasks },
    ],
  };
}

function compileText(text: string, file: string, table: TaskTable): { draft?: Draft; problems?: readonly Problem[] } {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (thrown) {
    const [what] = (thrown as Error).message.split(", ");
    return { problems: [{ code: "SYNTAX", message: `This is no JSON: ${what}. Correct it there.`, file, ...jsonErrorPlace(text) }] };
  }
  const places = jsonPlaces(text);
  const placeOf: PlaceOf = (path) => ({ file, ...places(path) });
  const isPlan = typeof content === "object" && content !== null && "format" in content;
  if (isPlan) {
    const parsed = planForm.safeParse(content);
    return parsed.success
      ? { draft: fromPlan(parsed.data, table, placeOf) }
      : { problems: parsed.error.issues.map((issue) => formProblem(issue, placeOf)) };
  }
  const parsed = dagForm.safeParse(content);
  return parsed.success
    ? { draft: buildPlan(parsed.data, table, placeOf) }
    : { problems: parsed.error.issues.map((issue) => formProblem(issue, placeOf)) };
}

function formProblem({ path, message }: { path: readonly PropertyKey[]; message: string }, placeOf: PlaceOf): Problem {
  const steps = path.map((step) => (typeof step === "symbol" ? String(step) : step));
  return {
    code: "WRONG_FORM",
    message: `At /${steps.join("/")}: ${message}. The form is described in loader/README.md.`,
    ...placeOf(steps),
  };
}

/** A plan as `dags show --json` prints it: its code tasks are looked up anew, its integrators keep their settings. */
function fromPlan(form: PlanForm, table: TaskTable, placeOf: PlaceOf): Draft {
  const code: { [task: string]: string } = {};
  const tasks = new Map<string, TaskDefinition>();
  const problems: Problem[] = [];
  for (const [index, node] of form.nodes.entries()) {
    if (node.kind !== "task" || tasks.has(node.task)) continue;
    const given = form.tasks[node.task];
    if (given?.kind === "integrator") {
      const spec = given as unknown as TaskSpec;
      tasks.set(node.task, withoutBody({ name: spec.integrator ?? "", spec, place: {} }));
      continue;
    }
    const found = lookUpTask(table, node.task);
    if (found.kind === "code") {
      tasks.set(node.task, found.registered.task);
      code[node.task] = found.registered.codeHash;
    } else {
      const { code: problem, message } =
        found.kind === "problem"
          ? found
          : {
              code: "UNKNOWN_TASK",
              message: `The integrator "${node.task}" needs its entry in "tasks". Copy it from \`sluice dags show NAME --json\`.`,
            };
      problems.push({ code: problem, message, ...placeOf(["nodes", index, "task"]) });
    }
  }
  const places = new Map(form.nodes.map((node, index) => [node.id, placeOf(["nodes", index])]));
  const specs = Object.fromEntries([...tasks].map(([name, { spec }]) => [name, spec]));
  const plan = { dag: form.dag, on: form.on, tasks: specs, nodes: form.nodes, scopes: form.scopes } as unknown as Draft["plan"];
  return { plan, code, tasks, problems, places };
}

/** Nodes after what they wait for, maps after their bodies, otherwise as they were written. */
function inOrder(plan: Draft["plan"]): { readonly nodes: readonly PlanNode[]; readonly cycle: readonly string[] } {
  const ids = new Set(plan.nodes.map(({ id }) => id));
  const mapsAround = (node: PlanNode) => scopesAround(plan, node.scope).flatMap((scope) => (scope.kind === "map" ? [scope.map] : []));
  const waitsFor = (node: PlanNode) => {
    const around = mapsAround(node);
    const body = node.kind === "map" ? nodesInBody(plan, node).map(({ id }) => id) : [];
    return [...dependenciesOf(plan, node), ...body].filter((id) => ids.has(id) && !around.includes(id));
  };
  const open = new Map(plan.nodes.map((node) => [node, waitsFor(node)]));
  const nodes: PlanNode[] = [];
  const done = new Set<string>();
  for (;;) {
    const next = [...open].find(([, waits]) => waits.every((id) => done.has(id)))?.[0];
    if (!next) break;
    open.delete(next);
    nodes.push(next);
    done.add(next.id);
  }
  return { nodes, cycle: [...open.keys()].map(({ id }) => id) };
}
