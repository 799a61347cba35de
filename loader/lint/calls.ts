import type { CallExpression, NewExpression, Node } from "oxc-parser";
import type { Analysis } from "./analysis.ts";
import { listEntries } from "./list.ts";
import type { Misuse } from "./misuse.ts";
import { anyOf, holdsSymbolic, join, lookUp, plain, type Scope, symbolic, task, type Value } from "./value.ts";

/** JavaScript's own functions that need a value's content, by what they would do with it. */
const builtIns: ReadonlyMap<string, Misuse> = new Map<string, Misuse>([
  ["Boolean", "tested"],
  ["Number", "calculated"],
  ["BigInt", "calculated"],
  ["parseInt", "calculated"],
  ["parseFloat", "calculated"],
  ["isNaN", "calculated"],
  ["isFinite", "calculated"],
  ["Math", "calculated"],
  ["Date", "calculated"],
  ["String", "printed"],
  ["JSON", "printed"],
  ["console", "printed"],
  ["encodeURIComponent", "printed"],
  ["encodeURI", "printed"],
  ["Array.from", "iterated"],
  ["Object.fromEntries", "iterated"],
  ["Set", "iterated"],
  ["Map", "iterated"],
  ["Object.keys", "spread"],
  ["Object.values", "spread"],
  ["Object.entries", "spread"],
  ["Object.assign", "spread"],
  ["Promise", "awaited"],
]);

/** These look into records and lists too. */
const deep = new Set(["JSON", "console", "Promise"]);

const promiseMethods = new Set(["then", "catch", "finally"]);
const decidingMethods = new Set(["filter", "some", "every", "find", "findIndex", "findLast", "findLastIndex", "sort"]);
const returningEntry = new Set(["find", "findLast", "at", "pop", "shift", "get"]);
const returningList = new Set(["filter", "slice", "reverse", "toReversed", "sort", "toSorted", "values", "with", "splice"]);

export function evaluateCall(analysis: Analysis, node: CallExpression, scope: Scope): Value {
  const { callee } = node;
  const given = () => node.arguments.flatMap((argument) => listEntries(analysis, argument, scope));
  const name = globalName(callee, scope);
  const builtIn = name === undefined ? undefined : (builtIns.get(name) ?? builtIns.get(name.split(".")[0] ?? ""));
  if (name !== undefined && builtIn !== undefined) return callBuiltIn(analysis, node, scope, name, builtIn, given());

  if (callee.type === "MemberExpression" && !callee.computed) {
    const target = analysis.evaluate(callee.object, scope);
    const method = callee.property.name;
    if (target.kind === "symbolic") {
      analysis.refuse(promiseMethods.has(method) ? "awaited" : "called", target, callee, scope, `\`.${method}()\``);
      given();
      return symbolic;
    }
    if (target.kind === "list") return callListMethod(analysis, target, method, node, scope, given());
  }
  return callValue(analysis, analysis.evaluate(callee, scope), node, scope, given());
}

export function evaluateNew(analysis: Analysis, node: NewExpression, scope: Scope): Value {
  const given = node.arguments.flatMap((argument) => listEntries(analysis, argument, scope));
  const misuse = builtIns.get(globalName(node.callee, scope) ?? "");
  if (misuse)
    node.arguments.forEach((argument, index) =>
      analysis.refuse(misuse, given[index] ?? plain, argument, scope, `\`new ${globalName(node.callee, scope)}\``),
    );
  // A collection: whatever is taken out of it may be whatever was put in.
  return { kind: "list", items: given.map((value) => anyOf(anyOf(value))) };
}

/** `console.log` for a function of JavaScript's own that no variable hides. */
function globalName(callee: Node, scope: Scope): string | undefined {
  if (callee.type === "Identifier") return lookUp(scope, callee.name) ? undefined : callee.name;
  if (callee.type !== "MemberExpression" || callee.computed || callee.object.type !== "Identifier") return undefined;
  return lookUp(scope, callee.object.name) ? undefined : `${callee.object.name}.${callee.property.name}`;
}

function callBuiltIn(analysis: Analysis, node: CallExpression, scope: Scope, name: string, misuse: Misuse, given: readonly Value[]): Value {
  const looksInside = deep.has(name.split(".")[0] ?? "");
  node.arguments.forEach((argument, index) => {
    const value = given[index] ?? plain;
    analysis.refuse(misuse, looksInside && holdsSymbolic(value) ? symbolic : value, argument, scope, `\`${name}\``);
  });
  const [first] = given;
  if (first === undefined) return plain;
  if (name === "Object.values" || name === "Array.from") return mapped(analysis, { kind: "list", items: entriesOf(first) }, given[1]);
  if (name === "Object.entries") return { kind: "list", items: entriesOf(first).map((value) => ({ kind: "list", items: [plain, value] })) };
  if (name === "Object.assign") return given.reduce(join);
  if (name === "Object.fromEntries") return { kind: "record", fields: new Map([["[any]", anyOf(anyOf(first))]]) };
  return plain;
}

function entriesOf(value: Value): Value[] {
  if (value.kind === "list") return value.items;
  return value.kind === "record" ? [...value.fields.values()] : [value.kind === "symbolic" ? symbolic : plain];
}

function mapped(analysis: Analysis, list: Extract<Value, { kind: "list" }>, callback: Value | undefined): Value {
  if (callback?.kind !== "function") return list;
  return { kind: "list", items: list.items.map((item) => analysis.call(callback, [item, plain, list])) };
}

function callListMethod(
  analysis: Analysis,
  list: Extract<Value, { kind: "list" }>,
  method: string,
  node: CallExpression,
  scope: Scope,
  given: readonly Value[],
): Value {
  const [callback] = given;
  const [written] = node.arguments;
  if (method === "join" && written !== undefined) analysis.refuse("printed", anyOf(list), node, scope, "`.join()`");
  if (method === "push" || method === "unshift" || method === "set" || method === "add") return (list.items.push(...given), plain);
  if (method === "concat") return { kind: "list", items: [...list.items, ...given.flatMap(entriesOf)] };
  if (method === "reduce" && callback?.kind === "function") {
    return list.items.reduce((sum, item) => analysis.call(callback, [sum, item, plain, list]), given[1] ?? plain);
  }
  if (callback?.kind === "function" && written !== undefined) {
    const results = list.items.map((item) => analysis.call(callback, method === "sort" ? [item, item] : [item, plain, list]));
    if (method === "map" || method === "flatMap") return { kind: "list", items: method === "map" ? results : results.flatMap(entriesOf) };
    if (decidingMethods.has(method)) for (const result of results) analysis.refuse("tested", result, written, scope, `\`.${method}()\``);
  }
  if (returningList.has(method)) return list;
  return returningEntry.has(method) ? anyOf(list) : plain;
}

function callValue(analysis: Analysis, callee: Value, node: CallExpression, scope: Scope, given: readonly Value[]): Value {
  switch (callee.kind) {
    case "word":
      return callWord(analysis, callee.name, given);
    case "task":
      return symbolic;
    case "function":
      return analysis.call(callee, given);
    case "symbolic":
      analysis.refuse("called", callee, node.callee, scope, "`()`");
      return symbolic;
    default: {
      // A function out of a package: what goes in may come out, and may be what its callbacks get.
      const outcome = given.some(holdsSymbolic) ? symbolic : plain;
      for (const argument of given)
        if (argument.kind === "function")
          analysis.call(
            argument,
            argument.node.params.map(() => outcome),
          );
      return outcome;
    }
  }
}

function callWord(analysis: Analysis, name: string, given: readonly Value[]): Value {
  const wire = (callback: Value | undefined, what: string, parameters: readonly Value[] = []): Value => {
    if (callback?.kind !== "function") return plain;
    analysis.refuseAsync(callback.node, callback.scope, what);
    return analysis.call(callback, parameters);
  };
  const [first, second, third] = given;
  switch (name) {
    case "dag":
      if (first?.kind === "record") wire(first.fields.get("flow"), "The flow", [symbolic]);
      return plain;
    case "task":
    case "integrator":
      return task;
    case "match":
      if (second?.kind === "record") for (const branch of second.fields.values()) wire(branch, "This branch of `match`");
      return symbolic;
    case "map":
      wire(second, "The body of `map`", [symbolic]);
      return symbolic;
    case "after":
      return wire(third, "What stands in `after`", [
        { kind: "list", items: first?.kind === "list" ? first.items.map(() => symbolic) : [symbolic] },
      ]);
    default:
      return given.some(holdsSymbolic) ? symbolic : plain;
  }
}
