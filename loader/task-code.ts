import { createHash } from "node:crypto";
import { type CallExpression, type Directive, parseSync, type Statement, Visitor } from "oxc-parser";

/** Something that stands at the top of a bundle. */
type Unit = {
  /** What it declares; nothing where it is a statement by itself. */
  readonly declares: readonly string[];
  /** What it names, be that declared by others or not. */
  readonly names: ReadonlySet<string>;
  /** The tasks that are made in it. */
  readonly tasks: readonly string[];
  readonly text: string;
};

/**
 * What tells the code of each task of a bundle from that of other versions, whatever else its file holds: a hash of
 * the task and of everything that it reaches by name, through other files and packages as well. Statements that stand by
 * themselves belong to all tasks. A task whose name is not written out, or is that of two, has no hash of its own. Pure.
 */
export function taskHashes(bundle: string): ReadonlyMap<string, string> {
  const units = unitsOf(bundle);
  const declaring = new Map<string, Unit[]>();
  for (const unit of units) for (const name of unit.declares) declaring.set(name, [...(declaring.get(name) ?? []), unit]);
  const always = units.filter(({ declares }) => declares.length === 0);
  return new Map(
    [
      ...Map.groupBy(
        units.flatMap((unit) => unit.tasks.map((name) => ({ name, unit }))),
        ({ name }) => name,
      ),
    ].flatMap(([name, [one, other]]) => (one && !other ? [[name, hashOf(reachedFrom([one.unit, ...always], declaring))]] : [])),
  );
}

function reachedFrom(first: readonly Unit[], declaring: ReadonlyMap<string, readonly Unit[]>): ReadonlySet<Unit> {
  const reached = new Set(first);
  for (const { names } of reached) for (const name of names) for (const unit of declaring.get(name) ?? []) reached.add(unit);
  return reached;
}

/** In which order they are found, or stand in the bundle, says nothing of the task. */
function hashOf(units: ReadonlySet<Unit>): string {
  const texts = [...units].map(({ text }) => text).toSorted();
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}

function unitsOf(bundle: string): readonly Unit[] {
  const { program } = parseSync("bundle.mjs", bundle);
  const statements = program.body.flatMap(oneByOne);
  const makers = new Set(statements.flatMap(makersIn));
  let names = new Set<string>();
  let tasks: string[] = [];
  // Keys and properties are names too, but not of what stands at the top.
  const inner = new Set<object>();
  const visitor = new Visitor({
    MemberExpression: ({ computed, property }) => void (computed || inner.add(property)),
    Property: ({ computed, shorthand, key }) => void (computed || shorthand || inner.add(key)),
    MethodDefinition: ({ computed, key }) => void (computed || inner.add(key)),
    PropertyDefinition: ({ computed, key }) => void (computed || inner.add(key)),
    Identifier: (node) => void (inner.has(node) || names.add(node.name)),
    CallExpression(call) {
      if (call.callee.type === "Identifier" && makers.has(call.callee.name)) tasks.push(nameGiven(call) ?? "");
    },
  });
  return statements.flatMap((statement): Unit[] => {
    if (statement.type.startsWith("Export")) return [];
    [names, tasks] = [new Set(), []];
    visitor.visit({ ...program, body: [statement] });
    return [{ declares: declaredBy(statement, names), names, tasks: tasks.filter(Boolean), text: textOf(statement, bundle) }];
  });
}

/** A declaration of several variables, or an import of several names, as one of each. */
function oneByOne(statement: Directive | Statement): (Directive | Statement)[] {
  if (statement.type === "VariableDeclaration")
    return statement.declarations.map((declarator) => ({ ...statement, declarations: [declarator] }));
  if (statement.type === "ImportDeclaration" && statement.specifiers.length > 1)
    return statement.specifiers.map((specifier) => ({ ...statement, specifiers: [specifier] }));
  return [statement];
}

/** Under which names the file knows `task`. */
function makersIn(statement: Directive | Statement): string[] {
  if (statement.type !== "ImportDeclaration" || statement.source.value !== "sluice/sdk") return [];
  return statement.specifiers.flatMap((one) =>
    one.type === "ImportSpecifier" && one.imported.type === "Identifier" && one.imported.name === "task" ? [one.local.name] : [],
  );
}

function nameGiven({ arguments: [options] }: CallExpression): string | undefined {
  if (options?.type !== "ObjectExpression") return undefined;
  for (const property of options.properties) {
    if (property.type !== "Property" || property.computed || property.key.type !== "Identifier" || property.key.name !== "name") continue;
    return property.value.type === "Literal" && typeof property.value.value === "string" ? property.value.value : undefined;
  }
  return undefined;
}

function declaredBy(statement: Directive | Statement, named: ReadonlySet<string>): readonly string[] {
  switch (statement.type) {
    case "ImportDeclaration":
      return statement.specifiers.map(({ local }) => local.name);
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return statement.id ? [statement.id.name] : [];
    case "VariableDeclaration":
      // A pattern may declare any of the names that stand in it.
      return statement.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : [...named]));
    default:
      return [];
  }
}

/** Of one of several variables or imports, its own part. */
function textOf(statement: Directive | Statement, bundle: string): string {
  const part = (node: { readonly start: number; readonly end: number }) => bundle.slice(node.start, node.end);
  if (statement.type === "VariableDeclaration") return statement.declarations.map(part).join();
  if (statement.type === "ImportDeclaration") return `${statement.specifiers.map(part).join()} from ${statement.source.value}`;
  return part(statement);
}
