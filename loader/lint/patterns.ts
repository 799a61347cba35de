import type { BindingPattern, Node, ParamPattern } from "oxc-parser";
import type { Analysis } from "./analysis.ts";
import { anyOf, fieldOf, plain, type Scope, symbolic, type Value } from "./value.ts";

/** Declares the names of a pattern in a scope, with what they hold. */
export function bind(analysis: Analysis, pattern: BindingPattern | ParamPattern | Node, value: Value, scope: Scope): void {
  switch (pattern.type) {
    case "Identifier":
      return void scope.bindings.set(pattern.name, value);
    case "TSParameterProperty":
      return bind(analysis, pattern.parameter, value, scope);
    case "AssignmentPattern":
      analysis.refuse("tested", value, pattern, scope, "a default, which would never apply");
      return bind(analysis, pattern.left, value.kind === "plain" ? analysis.evaluate(pattern.right, scope) : value, scope);
    case "ObjectPattern":
      for (const property of pattern.properties) {
        if (property.type === "RestElement") {
          analysis.refuse("spread", value, property, scope, "`...` in a pattern");
          bind(analysis, property.argument, value, scope);
        } else {
          const name = property.key.type === "Identifier" && !property.computed ? property.key.name : undefined;
          bind(analysis, property.value, name === undefined ? anyOf(value) : fieldOf(value, name), scope);
        }
      }
      return;
    case "ArrayPattern":
      analysis.refuse("iterated", value, pattern, scope, "an array pattern");
      pattern.elements.forEach((element, index) => {
        if (element === null) return;
        if (element.type === "RestElement") bind(analysis, element.argument, restOf(value, index), scope);
        else bind(analysis, element, entryOf(value, index), scope);
      });
      return;
    case "RestElement":
      return bind(analysis, pattern.argument, value, scope);
    default:
  }
}

function entryOf(value: Value, index: number): Value {
  if (value.kind === "list") return value.items[index] ?? anyOf(value);
  return value.kind === "symbolic" ? symbolic : plain;
}

function restOf(value: Value, index: number): Value {
  return value.kind === "list" ? { kind: "list", items: value.items.slice(index) } : value;
}
