import type { Json } from "../../sdk/contracts/json.ts";
import { arrival, type ArrivalOptions } from "../../sdk/language/arrival.ts";
import { type FlowBuilder, freshId, type SourcePlace, traceFlow } from "../../sdk/language/flow.ts";
import { isRowsPort } from "../../sdk/language/ports.ts";
import { symbolic, toExpression } from "../../sdk/language/symbolic.ts";
import type { TaskDefinition } from "../../sdk/language/task.ts";
import type { ArrivalPattern, Expression, MapNode, Plan, PlanNode, TaskNode } from "../../sdk/plan/plan.ts";
import type { Problem } from "../problem.ts";
import { type Block, type DagForm, type NodeForm, parseEdge } from "./form.ts";
import { type Handle, lookUpTask, type TaskTable } from "./tasks.ts";

type Path = readonly (string | number)[];

/** A plan in the making, with the code that its tasks run and everything that is wrong with it. */
export type Draft = {
  readonly plan: Omit<Plan, "stages" | "format">;
  readonly code: { readonly [task: string]: string };
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  readonly problems: readonly Problem[];
  readonly places: ReadonlyMap<string, SourcePlace>;
};

/** Wires what a JSON form says, with the words of the language, so that both kinds of DAG obey the same rules. */
export function buildPlan(form: DagForm, table: TaskTable, placeOf: (path: Path) => SourcePlace): Draft {
  const code: { [task: string]: string } = {};
  const forms = new Map<string, NodeForm>();
  const on: ArrivalPattern[] = [];
  const flow = traceFlow((builder) => {
    collect(form.nodes, ["nodes"]);
    wire(form.nodes, ["nodes"], null);
    on.push(...form.on.map((options) => placed(["on"], () => arrival(defined(options)))));

    /** What the language finds wrong stands in the author's file, not here. */
    function placed<T>(path: Path, call: () => T): T {
      const before = builder.problems.length;
      const made = call();
      builder.problems.push(...builder.problems.splice(before).map((found) => ({ ...found, ...placeOf(path) })));
      return made;
    }

    function problem(path: Path, problemCode: string, message: string): void {
      builder.problems.push({ code: problemCode, message, ...placeOf(path) });
    }

    function collect(nodes: Block["nodes"], path: Path): void {
      for (const [id, node] of Object.entries(nodes)) {
        if (forms.has(id) || id === "object")
          problem(
            [...path, id],
            "TWO_NODES_OF_ONE_ID",
            `The id "${id}" is taken. Ids are unique in the whole file, and "object" is the arrival; give this node another.`,
          );
        forms.set(id, node);
        for (const [inner, at] of blocksOf(node)) collect(inner.nodes, [...path, id, ...at, "nodes"]);
      }
    }

    function wire(nodes: Block["nodes"], path: Path, scope: string | null): void {
      for (const [id, node] of Object.entries(nodes)) wireNode(id, node, [...path, id], scope);
    }

    function wireNode(id: string, node: NodeForm, path: Path, scope: string | null): void {
      builder.places.set(id, placeOf(path));
      switch (node.kind) {
        case "task":
          return wireTask(id, node, path, scope);
        case "match": {
          const rows = yieldsRows(id);
          const cases = Object.entries(node.cases).map(([when, block], index) => {
            const inner = `${id}/${when}`;
            builder.scopes.push({ id: inner, parent: scope, kind: "case", match: id, index });
            wire(block.nodes, [...path, "cases", when, "nodes"], inner);
            return {
              when: when === "otherwise" ? null : when,
              scope: inner,
              result: expression(block.result ?? null, [...path, "cases", when, "result"]),
            };
          });
          return void builder.nodes.push({ kind: "match", id, scope, on: expression(node.match, [...path, "match"]), cases, rows });
        }
        case "map": {
          const body = `${id}/item`;
          builder.scopes.push({ id: body, parent: scope, kind: "map", map: id });
          wire(node.nodes, [...path, "nodes"], body);
          const tolerate = toleranceOf(node.tolerate);
          const over = expression(node.map, [...path, "map"]);
          const result = expression(node.result ?? null, [...path, "result"]);
          return void builder.nodes.push({
            kind: "map",
            id,
            scope,
            over,
            body,
            result,
            concurrency: node.concurrency ?? 16,
            ...(tolerate && { tolerate }),
          });
        }
        case "after":
          for (const [index, of] of node.after.entries()) if (!isNode(of)) unknown([...path, "after", index], of);
          builder.scopes.push({ id, parent: scope, kind: "after", of: node.after, rule: node.rule, recovers: node.recovers ?? false });
          return wire(node.nodes, [...path, "nodes"], id);
      }
    }

    function wireTask(id: string, node: Extract<NodeForm, { kind: "task" }>, path: Path, scope: string | null): void {
      const found = lookUpTask(table, node.task);
      if (found.kind === "problem") return problem([...path, "task"], found.code, found.message);
      if (found.kind === "integrator") return wireIntegrator(id, found.handle, node, path, scope);
      const { task, codeHash } = found.registered;
      if (builder.tasks.has(task.name) && code[task.name] !== codeHash)
        problem(
          [...path, "task"],
          "TWO_TASKS_OF_ONE_NAME",
          `Two tasks of this plan are called "${task.name}". A task's name is its identity: rename one of them.`,
        );
      if (node.options !== undefined)
        problem([...path, "options"], "NO_OPTIONS", `"${task.name}" takes no options; integrators do. Put them into its input.`);
      builder.tasks.set(task.name, task);
      code[task.name] = codeHash;
      const input: Expression = task.in === undefined ? { const: null } : expression(node.input ?? null, [...path, "input"]);
      builder.nodes.push({ id, kind: "task", task: task.name, scope, input });
    }

    /** Its handle makes the node; only the id is the author's. */
    function wireIntegrator(id: string, handle: Handle, node: Extract<NodeForm, { kind: "task" }>, path: Path, scope: string | null): void {
      const input = symbolicValue(node.input ?? null, [...path, "input"]);
      const options = symbolicValue(node.options ?? {}, [...path, "options"]);
      placed(node.options ? [...path, "options"] : path, () => handle(input, options));
      const made = builder.nodes.pop() as TaskNode;
      const definition = builder.tasks.get(made.task);
      builder.tasks.delete(made.task);
      builder.places.delete(made.id);
      if (!definition) return;
      const name = freshTaskName(builder, definition.name);
      builder.tasks.set(name, definition);
      builder.nodes.push({ ...made, id, task: name, scope });
    }

    function expression(value: Json, path: Path): Expression {
      return toExpression(builder, symbolicValue(value, path), `The value at /${path.join("/")}`, placeOf(path));
    }

    /** JSON in which every edge is a value of the flow. */
    function symbolicValue(value: Json, path: Path): unknown {
      if (Array.isArray(value)) return (value as readonly Json[]).map((entry, index) => symbolicValue(entry, [...path, index]));
      if (typeof value !== "object" || value === null) return value;
      const [[key, only] = ["", null], ...others] = Object.entries(value);
      if (others.length === 0 && key === "const") return only;
      if (others.length === 0 && (key === "from" || key === "result") && typeof only === "string") return edge(key, only, path);
      return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, symbolicValue(entry, [...path, name])]));
    }

    function edge(kind: "from" | "result", text: string, path: Path): unknown {
      const parsed = parseEdge(text);
      if (!parsed)
        return (
          problem(
            path,
            "WRONG_EDGE",
            `Found "${text}"; expected a node's id with a path, such as "list[0].name" or "object.metadata.template".`,
          ),
          null
        );
      const isObject = kind === "from" && parsed.node === "object";
      if (!isObject && !isNode(parsed.node)) return (unknown(path, parsed.node), null);
      const rows = kind === "from" && parsed.path.length === 0 && yieldsRows(parsed.node);
      return symbolic(builder, kind === "from" ? { from: parsed.node, path: parsed.path } : { result: parsed.node, path: parsed.path }, {
        rows,
      });
    }

    function isNode(id: string): boolean {
      return forms.has(id) && forms.get(id)?.kind !== "after";
    }

    function unknown(path: Path, id: string): void {
      const known = [...forms].filter(([, { kind }]) => kind !== "after").map(([name]) => name);
      problem(path, "UNKNOWN_NODE", `There is no node "${id}". Known are: object, ${known.join(", ")}. Correct the id.`);
    }

    function yieldsRows(id: string, asking: ReadonlySet<string> = new Set()): boolean {
      const node = forms.get(id);
      if (!node || asking.has(id)) return false;
      if (node.kind === "match") {
        return Object.values(node.cases).some(({ result }) => {
          const from = typeof result === "object" && result !== null && "from" in result ? (result as { from: unknown }).from : undefined;
          return typeof from === "string" && yieldsRows(from, new Set([...asking, id]));
        });
      }
      const found = node.kind === "task" ? lookUpTask(table, node.task) : undefined;
      return found?.kind === "code" && isRowsPort(found.registered.task.out);
    }
  });
  return {
    plan: {
      dag: form.dag,
      on,
      tasks: Object.fromEntries([...flow.tasks].map(([name, { spec }]) => [name, spec])),
      nodes: flow.nodes,
      scopes: flow.scopes,
    },
    code,
    tasks: flow.tasks,
    problems: flow.problems,
    places: flow.places,
  };
}

function blocksOf(node: NodeForm): readonly (readonly [Block, Path])[] {
  if (node.kind === "match") return Object.entries(node.cases).map(([when, block]) => [block, ["cases", when]] as const);
  return node.kind === "task" ? [] : [[node, []]];
}

function freshTaskName(flow: FlowBuilder, name: string): string {
  return flow.tasks.has(name)
    ? freshId({ ...flow, nodes: [...flow.tasks.keys()].map((id) => ({ id }) as PlanNode), scopes: [] }, name)
    : name;
}

function toleranceOf(tolerate: number | string | undefined): MapNode["tolerate"] {
  if (tolerate === undefined) return undefined;
  return typeof tolerate === "number" ? { count: tolerate } : { fraction: Number(tolerate.replace("%", "")) / 100 };
}

function defined(options: DagForm["on"][number]): ArrivalOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as ArrivalOptions;
}
