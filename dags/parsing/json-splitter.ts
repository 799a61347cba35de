/** A part of a JSON text, and where it begins. Lines and columns count from 1. */
export type JsonPart = {
  /**
   * `element`: of the outermost array; `document`: the whole text, which is no array; `cut`: the last element of an
   * array that was not closed; `extra`: what follows the array.
   */
  readonly kind: "element" | "document" | "cut" | "extra";
  readonly text: string;
  /** The element's index in the array; 0 for anything else. */
  readonly index: number;
  readonly line: number;
  readonly column: number;
};

export type JsonSplitter = {
  push(chunk: string): readonly JsonPart[];
  /** What is left when the text has ended; `undefined` where it was complete. */
  end(): JsonPart | undefined;
  /** True as long as nothing but blanks was seen. */
  readonly blank: boolean;
};

const [newline, quote, comma, backslash] = [10, 34, 44, 92];
const [openBracket, closeBracket, openBrace, closeBrace] = [91, 93, 123, 125];

/**
 * Cuts a JSON text into the elements of its outermost array, or takes it whole if it is none, in memory bounded by
 * the largest element. It only counts brackets and quotes: what is inside is for `JSON.parse` to judge. Own, because
 * a stream of tokens (stream-json) is many times slower and knows no lines and columns.
 */
export function createJsonSplitter(): JsonSplitter {
  let mode: "before" | "array" | "document" | "after" = "before";
  let depth = 0;
  let quoted = false;
  let escaped = false;
  let index = 0;
  let pieces: string[] = [];
  let line = 1;
  /** Characters before the current chunk, and the place among all where the current line begins. */
  let before = 0;
  let lineStart = 0;
  let start = { line: 1, column: 1 };

  const placeOf = (at: number) => ({ line, column: before + at - lineStart + 1 });

  function take(kind: JsonPart["kind"], last: string): JsonPart {
    const text = pieces.length === 0 ? last : pieces.join("") + last;
    pieces = [];
    return { kind, text, index: kind === "element" || kind === "cut" ? index++ : 0, ...start };
  }

  /** Enters the array or the document; returns where its first part begins. */
  function enter(code: number, at: number): number {
    mode = code === openBracket ? "array" : "document";
    const from = mode === "array" ? at + 1 : at;
    start = placeOf(from);
    return from;
  }

  function push(chunk: string): readonly JsonPart[] {
    const parts: JsonPart[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const code = chunk.charCodeAt(at);
      if (code === newline) {
        line++;
        lineStart = before + at + 1;
      }
      if (quoted) {
        if (escaped) escaped = false;
        else if (code === backslash) escaped = true;
        else if (code === quote) quoted = false;
      } else if (mode === "array") {
        if (code === quote) quoted = true;
        else if (code === openBracket || code === openBrace) depth++;
        else if (code === closeBrace || (code === closeBracket && depth > 0)) depth--;
        else if (code === closeBracket) {
          const last = take("element", chunk.slice(from, at));
          if (last.index > 0 || last.text.trim() !== "") parts.push(last);
          mode = "after";
          from = at + 1;
          start = placeOf(from);
        } else if (code === comma && depth === 0) {
          parts.push(take("element", chunk.slice(from, at)));
          from = at + 1;
          start = placeOf(from);
        }
      } else if (mode === "before" && !isBlank(code)) from = enter(code, at);
    }
    if (mode !== "before") pieces.push(chunk.slice(from));
    before += chunk.length;
    return parts;
  }

  function end(): JsonPart | undefined {
    if (mode === "array") return take("cut", "");
    if (mode === "document") return take("document", "");
    const extra = take("extra", "");
    return extra.text.trim() === "" ? undefined : extra;
  }

  return {
    push,
    end,
    get blank() {
      return mode === "before";
    },
  };
}

function isBlank(code: number): boolean {
  return code === 32 || code === newline || code === 13 || code === 9;
}
