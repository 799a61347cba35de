import type { Figure, Round } from "./figure.ts";

export type Turn = {
  readonly name: string;
  /** Rounds at most. */
  readonly rounds?: number;
  /** Called before its first round: what it prepares burdens nobody before it. */
  readonly open: () => Promise<Round>;
};

/**
 * The first round of each part, then the second of each: what changes on the machine in the meantime changes all of
 * them. What a part keeps between its rounds is in what `open` returned.
 */
export async function inRounds(
  parts: readonly Turn[],
  rounds: number,
  begin: (name: string, round: number, of: number) => void = () => {},
): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const opened = new Map<string, Round>();
  for (let round = 0; round < rounds; round++) {
    for (const { name, rounds: most = Infinity, open } of parts) {
      if (round >= most) continue;
      begin(name, round, Math.min(rounds, most));
      const measure = opened.get(name) ?? (await open());
      opened.set(name, measure);
      figures.push(...(await measure(round)));
    }
  }
  return figures;
}
