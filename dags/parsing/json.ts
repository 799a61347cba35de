import { chunked, type ChunkedRows, type Place, terminal } from "sluice/sdk";
import { nameOf, type Readable, textOf } from "./encoding.ts";
import { createJsonSplitter, type JsonPart } from "./json-splitter.ts";
import { escapePointer, malformedJson, type TextPlace, unexpectedJson } from "./malformed-json.ts";

/** A value with where it stands. */
export type Located = { readonly value: unknown; readonly place: Place & { readonly pointer: string } };

/** The longest value that is parsed at once; MongoDB takes 16 MiB, and a parsed value takes several times its text. */
const maxValueCharacters = 64 * 1024 * 1024;
/** Deeper nesting exhausts the stack of whatever walks the value later on. */
const maxDepth = 200;

/**
 * The elements of a JSON array one after another, or the one value of a document that is no array, in memory bounded
 * by the largest of them.
 * @throws `MALFORMED_JSON` (with line, column and pointer), `EMPTY_OBJECT`, `NOT_A_NUMBER`, `TOO_DEEP`,
 * `VALUE_TOO_LARGE`, `WRONG_ENCODING` (terminal)
 */
export function jsonValues(object: Readable): ChunkedRows<Located> {
  return chunked(async function* () {
    const splitter = createJsonSplitter();
    let pending = 0;
    for await (const chunk of textOf(object)) {
      const parts = splitter.push(chunk);
      pending = parts.length > 0 ? chunk.length : pending + chunk.length;
      if (pending > maxValueCharacters) throw tooLarge(object);
      yield* firstAlone(parts, (part) => located(part, object));
    }
    if (splitter.blank)
      throw terminal("EMPTY_OBJECT", `${nameOf(object)} is empty: found nothing, expected a JSON value. Upload it again with its content.`);
    const rest = splitter.end();
    if (rest?.kind === "cut") throw malformedJson(rest.text, placeOf(rest), object, undefined);
    if (rest?.kind === "extra") throw unexpectedJson(rest.text, placeOf(rest), object);
    if (rest) yield [located(rest, object)];
  });
}

/** One value a line; blank lines are skipped. @throws as {@link jsonValues} */
export function jsonLines(object: Readable): ChunkedRows<Located> {
  return chunked(async function* () {
    let line = 0;
    let found = false;
    for await (const lines of linesOf(object)) {
      const numbered = lines.map((text) => ({ text, line: ++line })).filter(({ text }) => text.trim() !== "");
      found ||= numbered.length > 0;
      yield* firstAlone(numbered, ({ text, line: at }) => ({
        value: parse(text, { line: at, column: 1, pointer: "" }, object),
        place: { line: at, pointer: "" },
      }));
    }
    if (!found)
      throw terminal(
        "EMPTY_OBJECT",
        `${nameOf(object)} is empty: found nothing, expected a JSON value on each line. Upload it again with its content.`,
      );
  });
}

/** Whoever only looks what the first value is does not have all others of the chunk parsed. */
function* firstAlone<Part>(parts: readonly Part[], valueOf: (part: Part) => Located): Generator<readonly Located[]> {
  const [first, ...others] = parts;
  if (first === undefined) return;
  yield [valueOf(first)];
  if (others.length > 0) yield others.map(valueOf);
}

/** The lines that end in each chunk of text. */
async function* linesOf(object: Readable): AsyncGenerator<readonly string[]> {
  let begun: string[] = [];
  let pending = 0;
  for await (const chunk of textOf(object)) {
    const lines = chunk.split("\n");
    const rest = lines.pop() as string;
    if (lines.length > 0) {
      lines[0] = begun.join("") + (lines[0] as string);
      begun = [];
      pending = 0;
      yield lines;
    }
    begun.push(rest);
    pending += rest.length;
    if (pending > maxValueCharacters) throw tooLarge(object);
  }
  yield [begun.join("")];
}

function located(part: JsonPart, object: Readable): Located {
  const at = placeOf(part);
  return { value: parse(part.text, at, object), place: { line: part.line, pointer: at.pointer } };
}

function placeOf(part: JsonPart): TextPlace {
  return { line: part.line, column: part.column, pointer: part.kind === "element" || part.kind === "cut" ? `/${part.index}` : "" };
}

function parse(text: string, at: TextPlace, object: Readable): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformedJson(text, at, object, cause);
  }
  if (text.length > 2 * maxDepth) refuseDepth(text, object);
  if (mayOverflow.test(text)) refuseInfinity(value, at, object);
  return value;
}

/** Exponents of three digits and numbers of more than 308: only these can become infinite. */
const mayOverflow = /[eE]\+?\d{3}|\d{309}/;

function refuseInfinity(value: unknown, { pointer, line }: TextPlace, object: Readable): void {
  const walk = (inner: unknown, path: string): void => {
    if (typeof inner === "number" && !Number.isFinite(inner)) {
      throw terminal(
        "NOT_A_NUMBER",
        `${path || "The value"} of ${nameOf(object)} (line ${line}) is a number beyond 1.8e308; expected one that a 64-bit float can hold. Correct it, or write it as text.`,
        {
          place: { pointer: path, line },
        },
      );
    }
    if (typeof inner === "object" && inner !== null)
      for (const [name, deeper] of Object.entries(inner)) walk(deeper, `${path}/${escapePointer(name)}`);
  };
  walk(value, pointer);
}

function refuseDepth(text: string, object: Readable): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
    if (depth > maxDepth)
      throw terminal("TOO_DEEP", `${nameOf(object)} nests values more than ${maxDepth} deep, which no database takes. Flatten it.`);
  }
}

function tooLarge(object: Readable) {
  return terminal(
    "VALUE_TOO_LARGE",
    `${nameOf(object)} holds a single JSON value above ${maxValueCharacters / 1024 / 1024} MiB; MongoDB takes documents up to 16 MiB. Upload it as an array of smaller values, or as JSON lines.`,
  );
}
