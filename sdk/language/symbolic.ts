import type { Json } from "../contracts/json.ts";
import type { Expression } from "../plan/plan.ts";
import { type FlowBuilder, flowUnderway, placeOfCaller, type SourcePlace } from "./flow.ts";

declare const valueBrand: unique symbol;
declare const rowsBrand: unique symbol;

type Primitive = string | number | boolean | bigint | null | undefined | Date;

/**
 * A value that a run will have, as it stands in a flow: it can be passed to tasks and its fields can be named, but
 * it has no content yet. To decide by it, use `match`, `map` and `after`.
 */
export type Value<T> = ValueOf<T> & Fields<T>;

type ValueOf<T> = { readonly [valueBrand]: T };

/** Smaller than any type that takes all of JSON, zod's among them. */
type AnyJson = null | boolean | number | string | AnyJson[] | { [key: string]: AnyJson };

/** What may be any JSON has no fields that could be named. */
type Fields<T> = [T] extends [Primitive]
  ? unknown
  : [AnyJson] extends [T]
    ? unknown
    : [T] extends [readonly (infer _)[]]
      ? { readonly length: Value<number> }
      : { readonly [Name in keyof T]-?: Value<T[Name]> };

/** A stream of rows that a run will have. */
export type Rows<T> = { readonly [rowsBrand]: T };

/** A value of the flow, or a constant, or a mixture of both; never a stream of rows. */
export type Edge<T> = Value<T> | ([AnyJson] extends [T] ? Anything : Mixture<T>);

type Mixture<T> = T extends Primitive
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Edge<Item>[]
    : { readonly [Name in keyof T]: Edge<T[Name]> } & NoRows;

type NoRows = { readonly [rowsBrand]?: never };

/** What goes where any JSON does. */
type Anything = Value<unknown> | Primitive | readonly Anything[] | ({ readonly [name: string]: Anything } & NoRows);

/** The outcome of a task, as what stands in an `after` sees it. */
export type Result<T> = {
  readonly status: "success" | "failed" | "skipped";
  /** Null unless it succeeded. */
  readonly value: T | null;
  /** Null unless it failed. */
  readonly failure: { readonly code: string; readonly kind: string; readonly message: string; readonly task?: string } | null;
};

type Symbolic = { readonly expression: Expression; readonly rows: boolean; readonly flow: FlowBuilder };

const symbolics = new WeakMap<object, Symbolic>();

/** What stands behind a symbolic value; undefined for anything else. */
export function symbolicOf(value: unknown): Symbolic | undefined {
  return typeof value === "object" && value !== null ? symbolics.get(value) : undefined;
}

/** Properties that promises, inspectors and test runners ask for unasked; a symbolic value has none of them. */
const silent = new Set<PropertyKey>(["then", "$$typeof", "asymmetricMatch", "nodeType", "constructor", Symbol.toStringTag]);

const misuse = {
  primitive: ["COMPARED_SYMBOL", "is compared, calculated with or printed", "decide by it with `match`, or pass it to a task"],
  json: ["PRINTED_SYMBOL", "is turned into JSON", "pass it to a task, which gets the real value"],
  iterate: ["ITERATED_SYMBOL", "is iterated over", "use `map(list, (item) => …)`"],
  spread: ["SPREAD_SYMBOL", "is spread, or asked for its keys", "name the fields you want: `{ sensor: value.sensor }`"],
  assign: ["ASSIGNED_SYMBOL", "is assigned to", "values of a flow are read-only; let a task return the new value"],
  field: ["FIELD_OF_ROWS", "is asked for a field, but is a stream of rows", "consume it in a task with `in: rows(Schema)`"],
} as const;

/**
 * A symbolic value. Misuse is noted as a problem of its flow, so that all of a file's are reported at once; outside
 * of its flow it throws.
 */
export function symbolic<T>(flow: FlowBuilder, expression: Expression, options: { rows?: boolean } = {}): T {
  const isRows = options.rows ?? false;
  const fields = new Map<string, unknown>();

  function refuse(kind: keyof typeof misuse): void {
    const [code, what, advice] = misuse[kind];
    const problem = {
      code,
      message: `A value of the flow (${show(expression)}) ${what}. It has no content while the flow is traced; ${advice}.`,
      ...placeOfCaller(),
    };
    if (flowUnderway() === flow) flow.problems.push(problem);
    else throw new Error(`${problem.message}${problem.file ? ` (${problem.file}:${problem.line})` : ""}`);
  }

  const proxy = new Proxy(Object.freeze(Object.create(null)) as object, {
    get(_, name) {
      if (silent.has(name)) return undefined;
      if (name === Symbol.toPrimitive) return () => (refuse("primitive"), Number.NaN);
      if (name === "toJSON") return () => (refuse("json"), null);
      if (name === Symbol.iterator || name === Symbol.asyncIterator) return () => (refuse("iterate"), [][Symbol.iterator]());
      if (typeof name === "symbol") return undefined;
      if (isRows) return refuse("field");
      if (!fields.has(name)) fields.set(name, symbolic(flow, field(expression, name)));
      return fields.get(name);
    },
    has: () => (refuse("spread"), false),
    ownKeys: () => (refuse("spread"), []),
    set: () => (refuse("assign"), true),
    defineProperty: () => (refuse("assign"), true),
    deleteProperty: () => (refuse("assign"), true),
  });
  symbolics.set(proxy, { expression, rows: isRows, flow });
  return proxy as T;
}

function field(expression: Expression, name: string): Expression {
  const step = /^\d+$/.test(name) ? Number(name) : name;
  if ("from" in expression || "result" in expression) return { ...expression, path: [...expression.path, step] };
  throw new Error(`Only nodes have fields; found ${show(expression)}.`);
}

/** An expression for people: `parse-csv.header[0]`. */
export function show(expression: Expression): string {
  if ("const" in expression) return JSON.stringify(expression.const);
  if ("list" in expression) return `[${expression.list.map(show).join(", ")}]`;
  if ("record" in expression)
    return `{ ${Object.entries(expression.record)
      .map(([name, part]) => `${name}: ${show(part)}`)
      .join(", ")} }`;
  const start = "from" in expression ? expression.from : `result of ${expression.result}`;
  return expression.path.reduce<string>((text, step) => (typeof step === "number" ? `${text}[${step}]` : `${text}.${step}`), start);
}

/** An input as the plan holds it; whatever cannot be serialised is noted as a problem. `around` is what it is part of. */
export function toExpression(
  flow: FlowBuilder,
  input: unknown,
  where: string,
  place: SourcePlace,
  around: readonly unknown[] = [],
): Expression {
  const known = symbolicOf(input);
  if (known) {
    if (known.flow === flow) return known.expression;
    flow.problems.push({
      code: "FOREIGN_SYMBOL",
      message: `${where} comes from another flow. Values cannot leave the flow that made them.`,
      ...place,
    });
    return { const: null };
  }
  if (input === null || typeof input === "string" || typeof input === "boolean") return { const: input };
  if (typeof input === "number" && Number.isFinite(input)) return { const: input };
  if (input instanceof Date && !Number.isNaN(input.getTime())) return { const: { $date: input.toISOString() } };
  const isCircle = around.includes(input);
  const inside = [...around, input];
  if (Array.isArray(input) && !isCircle) {
    const list = input.map((entry, index) => toExpression(flow, entry, `${where}[${index}]`, place, inside));
    return list.every(isConstant) ? { const: list.map((entry) => entry.const) } : { list };
  }
  if (typeof input === "object" && !isCircle && [Object.prototype, null].includes(Object.getPrototypeOf(input) as object | null)) {
    const given = Object.entries(input).filter(([, entry]) => entry !== undefined);
    const record = given.map(([name, entry]) => [name, toExpression(flow, entry, `${where}.${name}`, place, inside)] as const);
    if (record.every(([, entry]) => isConstant(entry))) {
      return { const: Object.fromEntries(record.map(([name, entry]) => [name, (entry as { const: Json }).const])) };
    }
    return { record: Object.fromEntries(record) };
  }
  flow.problems.push({
    code: "UNSERIALISABLE_CONSTANT",
    message: `${where} is ${isCircle ? "a part of itself" : describe(input)}, which a plan cannot hold. Pass JSON values and dates; make anything else inside the task.`,
    ...place,
  });
  return { const: null };
}

function isConstant(expression: Expression): expression is { const: Json } {
  return "const" in expression;
}

function describe(input: unknown): string {
  if (typeof input === "number") return String(input);
  if (typeof input === "object" && input !== null) return `an instance of ${input.constructor?.name ?? "an unknown class"}`;
  return `a value of type ${typeof input}`;
}
