import { z } from "zod";

/** What can be said of a text in any language. */
export const textStatistics = z.object({
  characters: z.number(),
  words: z.number(),
  lines: z.number(),
  /** In characters. */
  longest_line: z.number(),
  /** Share of the letters, by Unicode script; those above half a percent. */
  scripts: z.record(z.string(), z.number()),
  /** The most frequent words of three letters or more, in lower case. */
  frequent_words: z.array(z.object({ word: z.string(), count: z.number() })),
});
export type TextStatistics = z.output<typeof textStatistics>;

const scripts = [
  "Latin",
  "Greek",
  "Cyrillic",
  "Armenian",
  "Georgian",
  "Hebrew",
  "Arabic",
  "Ethiopic",
  "Devanagari",
  "Bengali",
  "Tamil",
  "Telugu",
  "Thai",
  "Lao",
  "Khmer",
  "Myanmar",
  "Tibetan",
  "Hangul",
  "Hiragana",
  "Katakana",
  "Han",
] as const;
const lettersOf = scripts.map((script) => [script, new RegExp(`\\p{Script=${script}}+`, "gu")] as const);
/** Scripts that put no blanks between words: there a dictionary has to tell. */
const unspaced = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;
const spacedWord = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’_-][\p{L}\p{N}\p{M}]+)*/gu;
const ascii = /^[\0-\x7f]*$/;
const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

/** How many different words are counted; beyond it only those already known. */
const maxDistinctWords = 50_000;
const frequentWords = 20;

/** Counts as text comes in, in bounded memory. A piece must not end within a word, but may end anywhere else. */
export function createTextStatistics(): { add(piece: string): void; result(): TextStatistics } {
  const letters = new Map<string, number>();
  const counts = new Map<string, number>();
  let characters = 0;
  let words = 0;
  let newlines = 0;
  let lineLength = 0;
  let longest = 0;

  function addWord(word: string): void {
    words++;
    const plain = word.toLowerCase();
    const known = counts.get(plain);
    if (known !== undefined) counts.set(plain, known + 1);
    else if (plain.length >= 3 && counts.size < maxDistinctWords) counts.set(plain, 1);
  }

  function addLines(piece: string): void {
    let from = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", from)) {
      const line = piece.slice(from, end > from && piece[end - 1] === "\r" ? end - 1 : end);
      longest = Math.max(longest, lineLength + countCharacters(line));
      newlines++;
      lineLength = 0;
      from = end + 1;
    }
    lineLength += countCharacters(piece.slice(from));
  }

  function addLetters(piece: string): void {
    const candidates = ascii.test(piece) ? lettersOf.slice(0, 1) : lettersOf;
    for (const [script, pattern] of candidates) {
      let count = 0;
      for (const [run] of piece.matchAll(pattern)) count += countCharacters(run);
      if (count > 0) letters.set(script, (letters.get(script) ?? 0) + count);
    }
  }

  return {
    add(piece) {
      characters += countCharacters(piece);
      addLines(piece);
      addLetters(piece);
      for (const word of wordsOf(piece)) addWord(word);
    },
    result() {
      const all = [...letters.values()].reduce((sum, count) => sum + count, 0);
      const shares = [...letters].map(([script, count]) => [script, Math.round((count / all) * 1000) / 1000] as const);
      const frequent = [...counts].filter(([, count]) => count > 1).sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
      return {
        characters,
        words,
        lines: newlines + (lineLength > 0 ? 1 : 0),
        longest_line: Math.max(longest, lineLength),
        scripts: Object.fromEntries(shares.filter(([, share]) => share >= 0.005).sort(([, a], [, b]) => b - a)),
        frequent_words: frequent.slice(0, frequentWords).map(([word, count]) => ({ word, count })),
      };
    },
  };
}

function* wordsOf(piece: string): Generator<string> {
  if (!unspaced.test(piece)) {
    for (const [word] of piece.matchAll(spacedWord)) yield word;
    return;
  }
  for (const { segment, isWordLike } of segmenter.segment(piece)) if (isWordLike) yield segment;
}

/** Code points, not the UTF-16 units of `length`. */
function countCharacters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xdc00) count--;
  return count;
}
