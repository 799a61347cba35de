import type { AssignmentExpression, BinaryExpression, Node, ObjectExpression, PrivateInExpression } from "oxc-parser";
import type { Analysis } from "./analysis.ts";
import { evaluateCall, evaluateNew } from "./calls.ts";
import { listEntries } from "./list.ts";
import { anyOf, assign, fieldOf, join, lookUp, plain, type Scope, type Value } from "./value.ts";

const comparisons = new Set(["==", "===", "!=", "!==", "<", "<=", ">", ">="]);

/** What an expression is worth while a flow is traced; misuse of symbolic values is noted on the way. */
export function evaluateExpression(analysis: Analysis, node: Node, scope: Scope): Value {
  const value = (part: Node) => analysis.evaluate(part, scope);
  const refuse = (misuse: Parameters<Analysis["refuse"]>[0], of: Value, part: Node, how: string) =>
    analysis.refuse(misuse, of, part, scope, how);
  switch (node.type) {
    case "Identifier":
      return lookUp(scope, node.name) ?? plain;
    case "ParenthesizedExpression":
    case "ChainExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSTypeAssertion":
    case "TSNonNullExpression":
    case "TSInstantiationExpression":
      return value(node.expression);
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return { kind: "function", node, scope };
    case "ArrayExpression":
      return { kind: "list", items: node.elements.flatMap((element) => listEntries(analysis, element, scope)) };
    case "ObjectExpression":
      return evaluateRecord(analysis, node, scope);
    case "MemberExpression": {
      const of = value(node.object);
      if (!node.computed) return of.kind === "list" ? plain : fieldOf(of, node.property.name);
      const key = value(node.property);
      refuse("compared", key, node.property, "as a key");
      if (node.property.type === "Literal" && of.kind === "record") return fieldOf(of, String(node.property.value));
      if (node.property.type === "Literal" && of.kind === "list") return of.items[Number(node.property.value)] ?? anyOf(of);
      return anyOf(of);
    }
    case "CallExpression":
      return evaluateCall(analysis, node, scope);
    case "NewExpression":
      return evaluateNew(analysis, node, scope);
    case "TemplateLiteral":
      for (const part of node.expressions) refuse("printed", value(part), part, "in a template literal");
      return plain;
    case "TaggedTemplateExpression":
      for (const part of node.quasi.expressions) refuse("printed", value(part), part, "in a template literal");
      return plain;
    case "UnaryExpression": {
      const operand = value(node.argument);
      if (node.operator === "!") refuse("tested", operand, node.argument, "`!`");
      else if (node.operator === "typeof") refuse("compared", operand, node.argument, "`typeof`");
      else if (node.operator === "delete") refuse("assigned", operand, node.argument, "`delete`");
      else if (node.operator !== "void") refuse("calculated", operand, node.argument, `\`${node.operator}\``);
      return plain;
    }
    case "UpdateExpression":
      refuse("calculated", value(node.argument), node.argument, `\`${node.operator}\``);
      return plain;
    case "BinaryExpression":
      return evaluateBinary(analysis, node, scope);
    case "LogicalExpression": {
      const left = value(node.left);
      refuse("tested", left, node.left, `\`${node.operator}\``);
      return join(left, value(node.right));
    }
    case "ConditionalExpression":
      refuse("tested", value(node.test), node.test, "`? :`");
      return join(value(node.consequent), value(node.alternate));
    case "AssignmentExpression":
      return evaluateAssignment(analysis, node, scope);
    case "SequenceExpression":
      return node.expressions.map(value).at(-1) ?? plain;
    case "AwaitExpression": {
      const operand = value(node.argument);
      refuse("awaited", operand, node.argument, "`await`");
      return operand;
    }
    default:
      return plain;
  }
}

function evaluateRecord(analysis: Analysis, node: ObjectExpression, scope: Scope): Value {
  const fields = new Map<string, Value>();
  for (const property of node.properties) {
    if (property.type === "SpreadElement") {
      const spread = analysis.evaluate(property.argument, scope);
      analysis.refuse("spread", spread, property.argument, scope, "`...`");
      if (spread.kind === "record") for (const [name, value] of spread.fields) fields.set(name, value);
      continue;
    }
    if (property.computed) analysis.refuse("compared", analysis.evaluate(property.key, scope), property.key, scope, "as a key");
    fields.set(keyOf(property.key, property.computed), analysis.evaluate(property.value, scope));
  }
  return { kind: "record", fields };
}

/** Computed keys are told apart by where they stand. */
function keyOf(key: Node, computed: boolean): string {
  if (key.type === "Identifier" && !computed) return key.name;
  return key.type === "Literal" ? String(key.value) : `[${key.start}]`;
}

function evaluateBinary(analysis: Analysis, node: BinaryExpression | PrivateInExpression, scope: Scope): Value {
  const misuse = comparisons.has(node.operator) || node.operator === "in" || node.operator === "instanceof" ? "compared" : "calculated";
  for (const side of [node.left, node.right]) {
    analysis.refuse(misuse, analysis.evaluate(side, scope), side, scope, `\`${node.operator}\``);
  }
  return plain;
}

function evaluateAssignment(analysis: Analysis, node: AssignmentExpression, scope: Scope): Value {
  const { left, operator } = node;
  const right = analysis.evaluate(node.right, scope);
  if (left.type === "MemberExpression") {
    const target = analysis.evaluate(left.object, scope);
    analysis.refuse("assigned", target, left, scope, `\`${operator}\``);
    if (target.kind === "record" && !left.computed) target.fields.set(left.property.name, right);
    else if (target.kind === "list") target.items.push(right);
    return right;
  }
  if (left.type !== "Identifier") {
    if (left.type === "ArrayPattern") analysis.refuse("iterated", right, left, scope, "an array pattern");
    return right;
  }
  const before = lookUp(scope, left.name) ?? plain;
  if (operator === "=") return (assign(scope, left.name, right), right);
  if (operator === "&&=" || operator === "||=" || operator === "??=") {
    analysis.refuse("tested", before, left, scope, `\`${operator}\``);
    return (assign(scope, left.name, right), join(before, right));
  }
  analysis.refuse("calculated", before, left, scope, `\`${operator}\``);
  analysis.refuse("calculated", right, node.right, scope, `\`${operator}\``);
  return plain;
}
