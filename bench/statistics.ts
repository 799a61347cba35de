/** The value below which `share` (0 to 1) of the values lie, by the nearest rank; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const [below, above] = [sorted[Math.ceil(middle) - 1] ?? Number.NaN, sorted[Math.floor(middle)] ?? Number.NaN];
  return (below + above) / 2;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** The middle of several rounds and their reach. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number; readonly rounds: number };

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), rounds: values.length };
}

/** Whether the medians lie further apart than the rounds of either run; undefined where one has no two rounds. */
export function hasMoved(before: Spread, now: Spread): boolean | undefined {
  if (before.rounds < 2 || now.rounds < 2) return undefined;
  return Math.abs(now.median - before.median) > Math.max(before.max - before.min, now.max - now.min);
}
