/** In the order in which a tie is settled. */
const candidates = [",", ";", "\t", "|"] as const;
const linesLookedAt = 50;

/**
 * The delimiter that cuts the first lines into the same number of cells, the most of them; a comma where none does.
 * Own, because csv-parse's `delimiter_auto` also takes letters and counts what stands in quotes.
 */
export function delimiterOf(head: string): string {
  const counts = candidates.map((delimiter) => ({ delimiter, ...score(head, delimiter) }));
  const best = counts.toSorted((a, b) => b.alike - a.alike || b.perLine - a.perLine)[0];
  return best && best.perLine > 0 ? best.delimiter : ",";
}

/** How many delimiters the header has, and which share of the lines has as many. */
function score(head: string, delimiter: string): { perLine: number; alike: number } {
  const counts = countsPerLine(head, delimiter);
  const perLine = counts[0] ?? 0;
  return { perLine, alike: perLine === 0 ? 0 : counts.filter((count) => count === perLine).length / counts.length };
}

function countsPerLine(head: string, delimiter: string): number[] {
  const counts: number[] = [];
  let count = 0;
  let quoted = false;
  let empty = true;
  for (const character of head) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === "\n") {
      if (!empty) counts.push(count);
      if (counts.length === linesLookedAt) return counts;
      count = 0;
      empty = true;
      continue;
    } else if (!quoted && character === delimiter) count++;
    if (character !== "\r") empty = false;
  }
  // The last line may have been cut by the end of the head.
  if (counts.length === 0) counts.push(count);
  return counts;
}
