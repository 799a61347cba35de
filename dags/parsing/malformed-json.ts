import { getLocation, type ParseErrorCode, printParseErrorCode, visit } from "jsonc-parser";
import { terminal } from "sluice/sdk";
import { nameOf, type Readable } from "./encoding.ts";

const aValue = "expected a value: a string, a number, an object, an array, true, false or null";
const expectations: { readonly [code: string]: string } = {
  InvalidSymbol: aValue,
  ValueExpected: aValue,
  InvalidCommentToken: `${aValue}; JSON has no comments`,
  InvalidNumberFormat: "expected a number such as -1.5e3",
  PropertyNameExpected: "expected the name of a property in double quotes",
  ColonExpected: "expected a colon after the name of the property",
  CommaExpected: "expected a comma before the next value",
  CloseBraceExpected: "expected a comma or }",
  CloseBracketExpected: "expected a comma or ]",
  EndOfFileExpected: "expected the end, because the value is complete",
  UnexpectedEndOfString: "expected the closing quote of the string on the same line",
  InvalidUnicode: "expected four hexadecimal digits after \\u",
  InvalidEscapeCharacter: "expected an escape that JSON knows after the backslash",
  InvalidCharacter: "expected no control character: write it as an escape such as \\n",
};
const severalValues = "; several values belong into an array, or one on each line of a .jsonl file";

/** Where a text stands in its object: line and column of its first character, pointer of its value. */
export type TextPlace = { readonly line: number; readonly column: number; readonly pointer: string };

type Fault = { readonly offset: number; readonly expected: string };

/** The error for a text that is no JSON: line, column, pointer, what was found, what was expected. */
export function malformedJson(text: string, at: TextPlace, object: Readable, cause: unknown) {
  return malformedAt(firstFault(text), text, at, object, cause);
}

/** The error for a text that follows a complete value. */
export function unexpectedJson(text: string, at: TextPlace, object: Readable) {
  const offset = text.length - text.trimStart().length;
  return malformedAt({ offset, expected: `${expectations["EndOfFileExpected"]}${severalValues}` }, text, at, object, undefined);
}

function malformedAt({ offset, expected }: Fault, text: string, at: TextPlace, object: Readable, cause: unknown) {
  const lines = text.slice(0, offset).split("\n");
  const line = at.line + lines.length - 1;
  const column = (lines.length === 1 ? at.column : 1) + (lines.at(-1)?.length ?? 0);
  const pointer = at.pointer + pointerAt(text, offset);
  const found = offset >= text.length ? "the end" : JSON.stringify(String.fromCodePoint(text.codePointAt(offset) ?? 0));
  const hint = notJson.test(text.slice(offset, offset + 10)) ? " JSON has no NaN, Infinity, undefined or None: write null." : "";
  const excerpt = text.slice(Math.max(0, offset - 20), offset + 20).replace(/\s+/g, " ");
  return terminal(
    "MALFORMED_JSON",
    `Line ${line}, column ${column} of ${nameOf(object)} is not JSON: found ${found}, ${expected} (near \`${excerpt}\`).${hint} Correct it and upload it again.`,
    {
      place: { line, column, ...(pointer !== "" && { pointer }) },
      cause,
    },
  );
}

const notJson = /^(NaN|-?Infinity|undefined|None)/;

function firstFault(text: string): Fault {
  let first: { code: ParseErrorCode; offset: number } | undefined;
  const stop = new Error("The first fault is found.");
  try {
    visit(
      text,
      {
        onError(code, offset) {
          first = { code, offset };
          throw stop;
        },
      },
      { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
    );
  } catch (error) {
    if (error !== stop) return { offset: 0, expected: "expected valid JSON that is less deeply nested" };
  }
  if (!first) return { offset: text.length, expected: "expected more: a closing quote, bracket or brace is missing" };
  const printed = printParseErrorCode(first.code);
  const name = printed === "InvalidSymbol" && text.slice(0, first.offset).trimEnd().endsWith("{") ? "PropertyNameExpected" : printed;
  // The scanner reports a control character at its string's beginning.
  const offset = name === "InvalidCharacter" || name === "UnexpectedEndOfString" ? controlAfter(text, first.offset) : first.offset;
  return { offset, expected: `${expectations[name] ?? "expected valid JSON"}${name === "EndOfFileExpected" ? severalValues : ""}` };
}

function controlAfter(text: string, offset: number): number {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const found = text.slice(offset).search(/[\u0000-\u001f]/);
  return found < 0 ? text.length : offset + found;
}

/** Finding the path scans the text once more; in a large one, line and column have to do. */
const maxPointerText = 1024 * 1024;

function pointerAt(text: string, offset: number): string {
  const path = offset > maxPointerText ? [] : getLocation(text, offset).path;
  return path
    .filter((step) => step !== "")
    .map((step) => `/${escapePointer(String(step))}`)
    .join("");
}

/** A name as a step of a JSON pointer (RFC 6901). */
export function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
