import type { Node } from "oxc-parser";
import type { Analysis } from "./analysis.ts";
import { anyOf, plain, type Scope, type Value } from "./value.ts";

/** What an element of a list, or an argument of a call, adds: one value, or those of a spread. */
export function listEntries(analysis: Analysis, element: Node | null, scope: Scope): Value[] {
  if (element === null) return [plain];
  if (element.type !== "SpreadElement") return [analysis.evaluate(element, scope)];
  const spread = analysis.evaluate(element.argument, scope);
  analysis.refuse("iterated", spread, element.argument, scope, "`...`");
  return spread.kind === "list" ? spread.items : [anyOf(spread)];
}
