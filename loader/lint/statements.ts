import type { Node } from "oxc-parser";
import type { Analysis } from "./analysis.ts";
import { bind } from "./patterns.ts";
import { anyOf, plain, type Scope, symbolic, type Value, within } from "./value.ts";

export function executeStatements(analysis: Analysis, statements: readonly Node[], scope: Scope, returned: Value[]): void {
  for (const statement of statements) {
    const declared =
      statement.type === "ExportNamedDeclaration" || statement.type === "ExportDefaultDeclaration" ? statement.declaration : statement;
    if (declared?.type === "FunctionDeclaration" && declared.id)
      scope.bindings.set(declared.id.name, { kind: "function", node: declared, scope });
  }
  for (const statement of statements) executeStatement(analysis, statement, scope, returned);
}

function executeStatement(analysis: Analysis, node: Node, scope: Scope, returned: Value[]): void {
  const value = (part: Node | null, of = scope) => (part === null ? plain : analysis.evaluate(part, of));
  const run = (part: Node | null, of = scope) => part !== null && executeStatement(analysis, part, of, returned);
  const test = (part: Node | null, how: string, of = scope) => part !== null && analysis.refuse("tested", value(part, of), part, of, how);
  switch (node.type) {
    case "VariableDeclaration":
      for (const { id, init } of node.declarations) bind(analysis, id, value(init), scope);
      return;
    case "ExpressionStatement":
      return void value(node.expression);
    case "ReturnStatement":
      return void returned.push(value(node.argument));
    case "ThrowStatement":
      return void value(node.argument);
    case "BlockStatement":
      return executeStatements(analysis, node.body, within(scope), returned);
    case "IfStatement":
      test(node.test, "`if`");
      run(node.consequent);
      return void run(node.alternate);
    case "WhileStatement":
    case "DoWhileStatement":
      test(node.test, "`while`");
      return void run(node.body);
    case "ForStatement": {
      const inner = within(scope);
      if (node.init?.type === "VariableDeclaration") run(node.init, inner);
      else value(node.init, inner);
      test(node.test, "`for`", inner);
      value(node.update, inner);
      return void run(node.body, inner);
    }
    case "ForOfStatement":
    case "ForInStatement": {
      const over = value(node.right);
      if (node.type === "ForInStatement") analysis.refuse("spread", over, node.right, scope, "`for … in`");
      else analysis.refuse("iterated", over, node.right, scope, node.await ? "`for await`" : "`for … of`");
      const item = node.type === "ForInStatement" ? plain : over.kind === "symbolic" ? symbolic : anyOf(over);
      const inner = within(scope);
      if (node.left.type === "VariableDeclaration") for (const { id } of node.left.declarations) bind(analysis, id, item, inner);
      return void run(node.body, inner);
    }
    case "SwitchStatement": {
      analysis.refuse("compared", value(node.discriminant), node.discriminant, scope, "`switch`");
      const inner = within(scope);
      for (const branch of node.cases) {
        if (branch.test) analysis.refuse("compared", value(branch.test, inner), branch.test, inner, "`case`");
        executeStatements(analysis, branch.consequent, inner, returned);
      }
      return;
    }
    case "TryStatement":
      run(node.block);
      if (node.handler) {
        const inner = within(scope);
        if (node.handler.param) bind(analysis, node.handler.param, plain, inner);
        run(node.handler.body, inner);
      }
      return void run(node.finalizer);
    case "LabeledStatement":
      return void run(node.body);
    case "ExportNamedDeclaration":
      return void run(node.declaration);
    case "ExportDefaultDeclaration":
      return void scope.bindings.set(
        "default",
        node.declaration.type === "FunctionDeclaration" ? { kind: "function", node: node.declaration, scope } : value(node.declaration),
      );
    case "ImportDeclaration":
      if (node.importKind === "type") return;
      for (const specifier of node.specifiers) {
        const exported = analysis.exportsOf(node.source.value, scope.file);
        scope.bindings.set(specifier.local.name, imported(specifier, exported));
      }
      return;
    default:
  }
}

function imported(
  specifier: Extract<Node, { type: "ImportSpecifier" | "ImportDefaultSpecifier" | "ImportNamespaceSpecifier" }>,
  exported: ReadonlyMap<string, Value> | undefined,
): Value {
  if (!exported) return plain;
  if (specifier.type === "ImportNamespaceSpecifier") return { kind: "record", fields: new Map(exported) };
  if (specifier.type === "ImportDefaultSpecifier") return exported.get("default") ?? plain;
  return exported.get(specifier.imported.type === "Literal" ? specifier.imported.value : specifier.imported.name) ?? plain;
}
