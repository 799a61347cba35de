import { parseSync, type Expression } from "oxc-parser";

export type TextPlace = { readonly line: number; readonly column: number };

/** Line and column of an offset, both counted from 1. */
export function placeAt(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** JSON is an expression of JavaScript, so its parser tells the places that `JSON.parse` does not. */
const parse = (text: string) => parseSync("plan.js", `(${text}\n)`, { preserveParens: false });

/** Where a text stops being JSON; the start where that cannot be told. */
export function jsonErrorPlace(text: string): TextPlace {
  return placeAt(text, Math.max((parse(text).errors[0]?.labels[0]?.start ?? 1) - 1, 0));
}

/** Finds where in a JSON text the value at a path stands, or the nearest one around it. */
export function jsonPlaces(text: string): (path: readonly PropertyKey[]) => TextPlace {
  const [statement] = parse(text).program.body;
  const root = statement?.type === "ExpressionStatement" ? statement.expression : undefined;
  return (path) => {
    let at: Expression | undefined = root;
    let start = root?.start ?? 1;
    for (const step of path) {
      if (at?.type === "ObjectExpression") {
        const property = at.properties.find(
          (entry) => entry.type === "Property" && entry.key.type === "Literal" && entry.key.value === String(step),
        );
        if (property?.type !== "Property") break;
        start = property.start;
        at = property.value;
      } else if (at?.type === "ArrayExpression") {
        const element = at.elements[Number(step)];
        if (!element || element.type === "SpreadElement") break;
        start = element.start;
        at = element;
      } else break;
    }
    return placeAt(text, start - 1);
  };
}
