import { terminal } from "../contracts/errors.ts";
import { flowUnderway, placeOfCaller, type Problem } from "./flow.ts";
import { problemsOfFile } from "./loading.ts";
import type { Kind } from "./option-kinds.ts";
import { symbolicOf } from "./symbolic.ts";

/** The options that a word of the language takes, by name. */
export type KnownOptions = { readonly [name: string]: Kind };

/**
 * Holds options against what is known of them, for authors who do not run `tsc`. What is wrong becomes problems of the
 * flow, or of the file that is being loaded, and the answer is false: its author is to hear of everything at once.
 *
 * @throws where neither a flow is traced nor a file loaded.
 */
export function checkOptions(called: string, given: unknown, known: KnownOptions): boolean {
  const found = wrongOptions(called, given, known);
  const [first] = found;
  if (!first) return true;
  const problems = flowUnderway()?.problems ?? problemsOfFile();
  if (!problems) throw terminal(first.code, found.map(({ message }) => message).join(" "));
  const place = placeOfCaller();
  problems.push(...found.map((problem) => ({ ...problem, ...place })));
  return false;
}

function wrongOptions(called: string, given: unknown, known: KnownOptions): readonly Problem[] {
  if (symbolicOf(given)) return [];
  const names = Object.keys(known);
  const takes = `It takes: ${names.join(", ")}.`;
  if (given !== undefined && !isRecord(given))
    return [{ code: "WRONG_OPTION", message: `${called} was given ${show(given)}; expected an object with its options. ${takes}` }];
  const entries = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  const unknown = entries.map(([name]) => name).filter((name) => !Object.hasOwn(known, name));
  const meant = new Map(unknown.map((name) => [name, nearest(name, names)]));
  const missing = names.filter((name) => known[name]?.required && !entries.some(([own]) => own === name));
  return [
    ...unknown.map((name) => {
      const hint = meant.get(name);
      return { code: "UNKNOWN_OPTION", message: `${called} does not know "${name}".${hint ? ` Did you mean "${hint}"?` : ""} ${takes}` };
    }),
    ...missing
      .filter((name) => ![...meant.values()].includes(name))
      .map((name) => ({ code: "WRONG_OPTION", message: `${called} lacks "${name}"; expected ${known[name]?.expected}. Add it.` })),
    ...entries.flatMap(([name, value]) => {
      const kind = Object.hasOwn(known, name) ? known[name] : undefined;
      if (!kind || holdsSymbolic(value)) return [];
      if (kind.within && isRecord(value)) return wrongOptions(`${name} of ${called}`, value, kind.within);
      if (kind.takes(value)) return [];
      return [{ code: "WRONG_OPTION", message: `Found ${show(value)} as "${name}" of ${called}; expected ${kind.expected}. Correct it.` }];
    }),
  ];
}

/** Values of the flow are known when it runs; the integrator itself looks at them then. */
function holdsSymbolic(value: unknown): boolean {
  if (symbolicOf(value)) return true;
  return Array.isArray(value) && value.some(holdsSymbolic);
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null && !Array.isArray(value) ? "an object" : (JSON.stringify(value) ?? String(value));
}

/** The known name that was probably meant: at most a third of its letters differ, or one begins with the other. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const plain = name.toLowerCase();
  const [best] = names
    .map((known) => ({ known, far: distance(plain, known.toLowerCase()) }))
    .filter(({ known, far }) => far <= Math.ceil(known.length / 3) || (plain.length > 2 && known.toLowerCase().startsWith(plain)))
    .toSorted((one, other) => one.far - other.far);
  return best?.known;
}

/** How many letters must be added, removed or replaced to make one word of the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(one).entries()) {
    const next = [index + 1];
    for (let at = 1; at <= other.length; at++) {
      const replaced = (row[at - 1] ?? 0) + (letter === other[at - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
