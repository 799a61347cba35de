import type { ArrowFunctionExpression, Function as FunctionNode } from "oxc-parser";

export type FunctionLike = FunctionNode | ArrowFunctionExpression;

/** What the linter knows of an expression: whether it has content while a flow is traced, or only in a run. */
export type Value =
  | { readonly kind: "plain" }
  | { readonly kind: "symbolic" }
  | { readonly kind: "record"; readonly fields: Map<string, Value> }
  | { readonly kind: "list"; readonly items: Value[] }
  | { readonly kind: "function"; readonly node: FunctionLike; readonly scope: Scope }
  | { readonly kind: "task" }
  /** A function of `sluice/sdk`. */
  | { readonly kind: "word"; readonly name: string };

export type Scope = {
  readonly file: string;
  readonly bindings: Map<string, Value>;
  readonly parent?: Scope;
};

export const plain: Value = { kind: "plain" };
export const symbolic: Value = { kind: "symbolic" };
export const task: Value = { kind: "task" };

export function within(parent: Scope): Scope {
  return { file: parent.file, bindings: new Map(), parent };
}

export function lookUp(scope: Scope | undefined, name: string): Value | undefined {
  for (let at = scope; at; at = at.parent) {
    const value = at.bindings.get(name);
    if (value) return value;
  }
  return undefined;
}

/** Assigns to the scope that declares the name; it may hold the old value or the new one from there on. */
export function assign(scope: Scope, name: string, value: Value): void {
  for (let at: Scope | undefined = scope; at; at = at.parent) {
    const old = at.bindings.get(name);
    if (old) return void at.bindings.set(name, join(old, value));
  }
}

/** Either of two values. */
export function join(one: Value, other: Value): Value {
  if (one === other || other.kind === "plain") return one;
  if (one.kind === "plain") return other;
  if (one.kind === "record" && other.kind === "record") {
    const fields = new Map(one.fields);
    for (const [name, value] of other.fields) fields.set(name, join(fields.get(name) ?? plain, value));
    return { kind: "record", fields };
  }
  if (one.kind === "list" && other.kind === "list") return { kind: "list", items: [anyOf(one), anyOf(other)] };
  return one.kind === "symbolic" || other.kind === "symbolic" ? symbolic : one;
}

/** Any one of the entries of a list or the fields of a record. */
export function anyOf(value: Value): Value {
  if (value.kind === "list") return value.items.reduce(join, plain);
  if (value.kind === "record") return [...value.fields.values()].reduce(join, plain);
  return value;
}

export function fieldOf(value: Value, name: string): Value {
  if (value.kind === "record") return value.fields.get(name) ?? plain;
  return value.kind === "symbolic" ? symbolic : plain;
}

export function holdsSymbolic(value: Value): boolean {
  if (value.kind === "symbolic") return true;
  if (value.kind === "list") return value.items.some(holdsSymbolic);
  return value.kind === "record" && [...value.fields.values()].some(holdsSymbolic);
}
