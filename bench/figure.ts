import type { Floors } from "./floors/index.ts";
import type { BenchLake } from "./lake.ts";
import type { ByProcess } from "./processes.ts";

export const units = ["ms", "s", "objects/s", "rows/s", "runs/s", "events/s", "MB/s", "MB", "events", "cores"] as const;

/** What was measured under one name in one round: one value, or those of single objects. */
export type Figure = {
  readonly name: string;
  readonly unit: (typeof units)[number];
  readonly values: readonly number[];
  /** The figures, of this same part, that this one is compared with. */
  readonly floors?: readonly string[];
  readonly aim?: string;
  readonly note?: string;
};

/** One part of the bench: what `--only` chooses. */
export type Part = {
  readonly name: string;
  /** The lake that it is measured in, with others that name the same: by its size, where that matters. Default `shared`. */
  readonly lake?: "large" | "compared" | "sustained";
  /** Rounds at most, where one takes many minutes. */
  readonly rounds?: number;
  /** Left out unless `--only` names it. */
  readonly onlyByName?: true;
  /** Makes ready what all rounds share, and warms it up. */
  open(lake: BenchLake, options: PartOptions): Promise<Round>;
};

/** Measures once; `round` counts from 0. */
export type Round = (round: number) => Promise<readonly Figure[]>;

export type PartOptions = {
  /** Less of everything, for a look. */
  readonly quick: boolean;
  readonly floors: Floors;
  /** Says on stderr what is being done. */
  readonly say: (doing: string) => void;
  /** Measures time, processor time and peak memory of a stretch of a part; kept with the results under its name. */
  readonly observe: <Result>(name: string, work: () => Promise<Result>) => Promise<Observed<Result>>;
};

/** What a stretch of a part cost each process: processor time in seconds, peak memory in MB. */
export type Observation = { readonly name: string; readonly seconds: number; readonly cpu: ByProcess; readonly peak: ByProcess };
export type Observed<Result> = Observation & { readonly result: Result };
