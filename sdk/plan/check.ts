import type { Json, JsonObject } from "../contracts/json.ts";
import type { Problem, SourcePlace } from "../language/flow.ts";
import { typeMatches, typesOverlap } from "../language/mime.ts";
import { extend } from "../interpreter/values.ts";
import { checkColumns } from "./check-columns.ts";
import { checkEdges } from "./check-edges.ts";
import { bodyAround, type Graph, nodeOf, referencesOf } from "./graph.ts";
import type { ArrivalPattern, Expression, MapNode, MatchNode, Plan, Port, TaskNode, TaskSpec } from "./plan.ts";
import { yieldsRows } from "./stages.ts";

type Draft = Graph & Pick<Plan, "dag" | "on" | "tasks">;

/** What is wrong with a plan as such, whatever it was written in. */
export function checkPlan(plan: Draft, places: ReadonlyMap<string, SourcePlace> = new Map()): readonly Problem[] {
  const problems: Problem[] = [];
  const add = (node: string | undefined, code: string, message: string) =>
    problems.push({ code, message, ...(node !== undefined && places.get(node)) });

  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(plan.dag)) {
    add(
      undefined,
      "WRONG_DAG_NAME",
      `Found the DAG name ${JSON.stringify(plan.dag)}; expected up to 64 of a–z, 0–9, ".", "_", "-", beginning with a letter or digit.`,
    );
  }
  if (plan.on.length === 0)
    add(undefined, "NO_ARRIVAL", `The DAG "${plan.dag}" has no arrival, so nothing would ever start it. Give it \`on: arrival({ … })\`.`);
  if (!plan.nodes.some(({ kind }) => kind === "task"))
    add(undefined, "EMPTY_DAG", `The flow of "${plan.dag}" calls no task. Call at least one.`);
  for (const name of Object.keys(plan.tasks)) {
    if (!/^[a-z0-9][a-z0-9._:-]{0,63}$/.test(name))
      add(
        plan.nodes.find((node) => node.kind === "task" && node.task === name)?.id,
        "WRONG_TASK_NAME",
        `Found the task name ${JSON.stringify(name)}; expected up to 64 of a–z, 0–9, ".", "_", "-".`,
      );
  }
  for (const node of plan.nodes) {
    if (node.kind === "match") checkMatch(plan, node, add);
    if (node.kind === "map") checkMap(plan, node, add);
    if (node.kind === "task") {
      checkTask(plan, node, add);
      checkColumns(plan, node, add);
    }
    checkEdges(plan, node, add);
  }
  return problems;
}

export type Add = (node: string, code: string, message: string) => void;

function checkMatch(plan: Draft, node: MatchNode, add: Add): void {
  const whens = node.cases.map(({ when }) => when).filter((when) => when !== null);
  const open = node.cases.some(({ when }) => when === null);
  if (node.cases.length === 0) return add(node.id, "EMPTY_MATCH", "This match has no branches. Give it one for each value it may meet.");
  for (const [index, when] of whens.entries()) {
    const earlier = whens.slice(0, index).find((other) => typeMatches(other, when));
    if (earlier !== undefined)
      add(
        node.id,
        "UNREACHABLE_BRANCH",
        `The branch "${when}" can never run: "${earlier}" before it takes everything that it would. Put the narrower one first, or remove it.`,
      );
  }
  if (!isArrivalType(node.on)) return;
  const arriving = plan.on.flatMap(({ types }: ArrivalPattern) => types);
  for (const when of whens) {
    if (!arriving.some((type) => typesOverlap(type, when)))
      add(
        node.id,
        "UNREACHABLE_BRANCH",
        `The branch "${when}" can never run: no arrival of this DAG has that type (${arriving.join(", ")}). Remove it, or add the type to \`on\`.`,
      );
  }
  for (const type of open ? [] : new Set(arriving)) {
    if (!whens.some((when) => typeMatches(when, type)))
      add(node.id, "MISSING_BRANCH", `Arrivals of type "${type}" have no branch in this match. Add one for it, or \`otherwise\`.`);
  }
}

function isArrivalType(expression: Expression): boolean {
  return "from" in expression && expression.from === "object" && expression.path.length === 1 && expression.path[0] === "type";
}

function checkMap(plan: Draft, node: MapNode, add: Add): void {
  if ("const" in node.over) {
    if (!Array.isArray(node.over.const))
      add(node.id, "MAP_NOT_LIST", `map goes over ${JSON.stringify(node.over.const)}, which is no list.`);
    return;
  }
  if ("record" in node.over) return add(node.id, "MAP_NOT_LIST", "map goes over an object, which is no list.");
  const schema = schemaOf(plan, node.over);
  const type = schema?.["type"];
  if (typeof type === "string" && type !== "array") {
    add(node.id, "MAP_NOT_LIST", `map goes over a value of type ${type}; expected a list. Let the task before it return an array.`);
  }
}

function checkTask(plan: Draft, { id, task, scope, input, options }: TaskNode, add: Add): void {
  const spec = plan.tasks[task];
  if (!spec)
    return add(
      id,
      "UNKNOWN_TASK",
      `The node "${id}" runs the task "${task}", which is not defined. Known tasks: ${Object.keys(plan.tasks).join(", ") || "none"}.`,
    );
  if (bodyAround(plan, scope) !== null) checkInMap(spec, id, add);
  const problem = mismatch(plan, input, spec.in);
  if (problem) add(id, "WRONG_WIRE", `The input of "${id}" is ${problem.found}; its task expects ${problem.expected}.`);
  if (options && holdsRows(plan, options))
    add(
      id,
      "WRONG_WIRE",
      `The options of "${id}" hold a stream of rows; expected single values. Wire rows into an input that takes \`rows(…)\`.`,
    );
}

/** What a task cannot do for each item of a map. */
function checkInMap(spec: TaskSpec, id: string, add: Add): void {
  if (spec.undo)
    add(
      id,
      "UNDO_IN_MAP",
      `"${id}" has an \`undo\` and stands in the body of a map, where none is run: what single items returned is not kept. Undo it in a task after the map, which gets the list, or leave \`undo\` out.`,
    );
  if (spec.heartbeat !== undefined)
    add(
      id,
      "HEARTBEAT_IN_MAP",
      `"${id}" has a \`heartbeat\` and stands in the body of a map, where many items share one: none could resume from its own position. Leave it out; the engine itself heartbeats for the items.`,
    );
}

/** Coarse: kinds of ports, and the JSON types of schemas. Types hold the line in a DAG file; this does where nobody asks them. */
function mismatch(plan: Draft, input: Expression, port: Port): { found: string; expected: string } | undefined {
  if (port.kind === "nothing") return undefined;
  if (port.kind === "record") {
    if ("list" in input) return { found: "a list", expected: `an object with ${Object.keys(port.fields).join(", ")}` };
    for (const [name, field] of Object.entries(port.fields)) {
      const problem = mismatch(plan, extend(input, [name]), field);
      if (problem) return { found: `${problem.found} in "${name}"`, expected: problem.expected };
    }
    return undefined;
  }
  const whole = "from" in input && input.path.length === 0 ? input.from : undefined;
  const rows = whole !== undefined && yieldsRows(plan, whole);
  if (port.kind === "object")
    return whole === "object" ? undefined : { found: rows ? "a stream of rows" : "a value", expected: "the object that arrived" };
  if (port.kind === "rows")
    return rows ? undefined : { found: whole === "object" ? "the object that arrived" : "a single value", expected: "a stream of rows" };
  if (holdsRows(plan, input)) return { found: "a stream of rows", expected: "a single value" };
  const [found, expected] = [typeOf(plan, input), kindOfNumber(port.schema["type"])];
  if (typeof found === "string" && typeof expected === "string" && found !== expected)
    return { found: `of type ${found}`, expected: `type ${expected}` };
  return expected === "object" ? mismatchInside(plan, input, port.schema) : undefined;
}

/** What an object lacks that is wired together here, and which of its parts does not fit. */
function mismatchInside(plan: Draft, input: Expression, { properties, required }: JsonObject): ReturnType<typeof mismatch> {
  const given = "record" in input ? input.record : "const" in input && isRecord(input.const) ? input.const : undefined;
  if (!given || !isRecord(properties)) return undefined;
  for (const [name, schema] of Object.entries(properties)) {
    if (!Object.hasOwn(given, name)) {
      if (Array.isArray(required) && required.includes(name)) return { found: `without "${name}"`, expected: "it" };
      continue;
    }
    const problem = isRecord(schema) ? mismatch(plan, extend(input, [name]), { kind: "value", schema }) : undefined;
    if (problem) return { found: `${problem.found} in "${name}"`, expected: problem.expected };
  }
  return undefined;
}

/** The JSON type of what an expression is worth, as far as it is known. */
function typeOf(plan: Draft, expression: Expression): Json | undefined {
  if ("record" in expression) return "object";
  if ("list" in expression) return "array";
  if (!("const" in expression)) return kindOfNumber(schemaOf(plan, expression)?.["type"]);
  const { const: value } = expression;
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

/** Whether a number is whole is known when it is there. */
function kindOfNumber(type: Json | undefined): Json | undefined {
  return type === "integer" ? "number" : type;
}

function isRecord(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function holdsRows(plan: Draft, expression: Expression): boolean {
  return referencesOf(expression).some(({ node, result }) => !result && yieldsRows(plan, node));
}

/** The JSON Schema of what an expression is worth, as far as the plan tells. */
function schemaOf(plan: Draft, expression: Expression): JsonObject | undefined {
  if (!("from" in expression)) return undefined;
  const node = nodeOf(plan, expression.from);
  if (node?.kind !== "task") return undefined;
  const out = plan.tasks[node.task]?.out;
  if (out?.kind !== "value") return undefined;
  return expression.path.reduce<JsonObject | undefined>((schema, step) => {
    const inner = typeof step === "number" ? schema?.["items"] : (schema?.["properties"] as JsonObject | undefined)?.[step];
    return typeof inner === "object" && inner !== null && !Array.isArray(inner) ? (inner as JsonObject) : undefined;
  }, out.schema);
}
