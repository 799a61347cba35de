import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseSync, type Node } from "oxc-parser";
import type { Analysis } from "./lint/analysis.ts";
import { evaluateExpression } from "./lint/expressions.ts";
import { asyncFunction, describeMisuse, generatorFunction } from "./lint/misuse.ts";
import { bind } from "./lint/patterns.ts";
import { executeStatements } from "./lint/statements.ts";
import { type FunctionLike, holdsSymbolic, join, plain, type Scope, symbolic, task, type Value, within } from "./lint/value.ts";
import type { Problem } from "./problem.ts";
import { placeAt } from "./text-place.ts";

const words = ["dag", "task", "match", "map", "after", "integrator"] as const;

const languageExports: ReadonlyMap<string, Value> = new Map(words.map((name) => [name, { kind: "word", name }]));

/** Everything that `sluice/integrators` exports is called like a task. */
const integratorExports: ReadonlyMap<string, Value> = {
  get: () => task,
  [Symbol.iterator]: () => [][Symbol.iterator](),
} as unknown as ReadonlyMap<string, Value>;

type Module = { readonly scope: Scope; readonly text: string };

/**
 * Finds what no proxy can trap: values of a flow that are compared, tested, printed or awaited as if they had content
 * while the flow is traced. Follows them through variables, records, lists, callbacks and functions, across the
 * files that a DAG file imports.
 *
 * @param inputs the user's files of one bundle; imports of others are taken to be plain.
 */
export function lintFlow(
  file: string,
  inputs: readonly string[],
  read: (file: string) => string = (path) => readFileSync(path, "utf8"),
): Problem[] {
  const problems = new Map<string, Problem>();
  const modules = new Map<string, Module>();
  const underway = new Set<FunctionLike>();

  function note(scope: Scope, node: Node, problem: { code: string; message: string }): void {
    const place = placeAt(modules.get(scope.file)?.text ?? "", node.start);
    problems.set(`${scope.file}:${node.start}:${problem.code}`, { ...problem, file: scope.file, ...place });
  }

  const analysis: Analysis = {
    evaluate: (node, scope) => evaluateExpression(analysis, node, scope),
    execute: (statements, scope, returned) => executeStatements(analysis, statements, scope, returned),
    call(callee, given) {
      const { node } = callee;
      if (underway.has(node) || !node.body) return given.some(holdsSymbolic) ? symbolic : plain;
      underway.add(node);
      try {
        const scope = within(callee.scope);
        node.params.forEach((parameter, index) => {
          const rest = parameter.type === "RestElement";
          bind(analysis, parameter, rest ? { kind: "list", items: given.slice(index) } : (given[index] ?? plain), scope);
        });
        if (node.body.type !== "BlockStatement") return analysis.evaluate(node.body, scope);
        const returned: Value[] = [];
        analysis.execute(node.body.body, scope, returned);
        return returned.reduce(join, plain);
      } finally {
        underway.delete(node);
      }
    },
    refuse(misuse, value, node, scope, how) {
      if (value.kind !== "symbolic") return;
      const source = modules.get(scope.file)?.text.slice(node.start, node.end) ?? "";
      note(scope, node, describeMisuse(misuse, source, how));
    },
    refuseAsync(node, scope, what) {
      if (node.async) note(scope, node, asyncFunction(what));
      if (node.generator) note(scope, node, generatorFunction(what));
    },
    exportsOf(specifier, from) {
      if (specifier === "sluice/sdk") return languageExports;
      if (specifier === "sluice/integrators") return integratorExports;
      if (!specifier.startsWith(".")) return undefined;
      const target = fileOf(resolve(dirname(from), specifier), inputs);
      return target === undefined ? undefined : load(target).scope.bindings;
    },
  };

  function load(path: string): Module {
    const known = modules.get(path);
    if (known) return known;
    const text = read(path);
    const module: Module = { text, scope: { file: path, bindings: new Map() } };
    modules.set(path, module);
    const { program, errors } = parseSync(path, text, { preserveParens: false });
    if (errors.length === 0) analysis.execute(program.body, module.scope, []);
    return module;
  }

  load(resolve(file));
  return [...problems.values()];
}

/** An import's file: as written, or with the extension that it leaves out. */
function fileOf(path: string, inputs: readonly string[]): string | undefined {
  const stem = path.replace(/\.[cm]?js$/, "");
  return inputs.find((input) => input === path || input.replace(/\.[cm]?[jt]sx?$/, "") === stem);
}
