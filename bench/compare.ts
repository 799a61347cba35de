import type { Results, Summary } from "./results.ts";
import { hasMoved, type Spread } from "./statistics.ts";

export type Move = "better" | "worse" | "same" | "unknown";

/** A figure, or its ratio to a floor, in two runs. */
export type Change = {
  readonly name: string;
  /** None: the figure itself. */
  readonly floor?: string;
  readonly unit: Summary["unit"];
  readonly before: Spread;
  readonly now: Spread;
  /** Of the medians, now to before. */
  readonly ratio: number;
  /** `same`: by no more than the rounds of either run differ. `unknown`: one of them has no two rounds. */
  readonly move: Move;
};

export type Comparison = {
  readonly changes: readonly Change[];
  /** Names of figures that only one of the runs has. */
  readonly onlyBefore: readonly string[];
  readonly onlyNow: readonly string[];
};

/** Figure by figure; the ratios to floors, taken within one run, hold on other machines as well. */
export function compare(before: Results, now: Results): Comparison {
  const earlier = new Map(before.figures.map((figure) => [figure.name, figure]));
  const names = new Set(now.figures.map(({ name }) => name));
  return {
    changes: now.figures.flatMap((figure) => {
      const same = earlier.get(figure.name);
      return same ? changesOf(same, figure) : [];
    }),
    onlyBefore: before.figures.map(({ name }) => name).filter((name) => !names.has(name)),
    onlyNow: [...names].filter((name) => !earlier.has(name)),
  };
}

function changesOf(before: Summary, now: Summary): readonly Change[] {
  const { name, unit } = now;
  const change = (one: Spread, other: Spread, floor?: string): Change => ({
    name,
    unit,
    ...(floor !== undefined && { floor }),
    before: one,
    now: other,
    ratio: other.median / one.median,
    move: moveOf(one, other, unit),
  });
  const ratios = now.ratios.flatMap(({ floor, spread }) => {
    const same = before.ratios.find((ratio) => ratio.floor === floor);
    return same ? [change(same.spread, spread, floor)] : [];
  });
  return [change(before.spread, now.spread), ...ratios];
}

function moveOf(before: Spread, now: Spread, unit: Summary["unit"]): Move {
  const moved = hasMoved(before, now);
  if (moved === undefined) return "unknown";
  if (!moved) return "same";
  return now.median > before.median === unit.endsWith("/s") ? "better" : "worse";
}
