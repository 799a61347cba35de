import type { Node } from "oxc-parser";
import type { Misuse } from "./misuse.ts";
import type { FunctionLike, Scope, Value } from "./value.ts";

/** What the parts of the linter need of each other. */
export type Analysis = {
  evaluate(node: Node, scope: Scope): Value;
  execute(statements: readonly Node[], scope: Scope, returned: Value[]): void;
  /** What a function returns for these arguments, after looking through its body. */
  call(callee: Extract<Value, { kind: "function" }>, given: readonly Value[]): Value;
  /** Notes a problem at `node` if the value is symbolic. */
  refuse(misuse: Misuse, value: Value, node: Node, scope: Scope, how: string): void;
  /** Notes a problem if a function that only wires is async or a generator. */
  refuseAsync(node: FunctionLike, scope: Scope, what: string): void;
  /** What a module exports; undefined for packages. */
  exportsOf(specifier: string, from: string): ReadonlyMap<string, Value> | undefined;
};
