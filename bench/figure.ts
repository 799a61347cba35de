import type { BenchLake } from "./lake.ts";
import type { ByProcess } from "./processes.ts";

/** What was measured under one name: the values of all rounds, or of single objects. */
export type Figure = {
  readonly name: string;
  readonly unit: "ms" | "s" | "objects/s" | "rows/s" | "runs/s";
  readonly values: readonly number[];
  /** The figure, of this same run, that this one is compared with. */
  readonly floor?: string;
  readonly aim?: string;
  readonly note?: string;
};

/** One part of the bench: what `--only` chooses. */
export type Part = {
  readonly name: string;
  run(lake: BenchLake, options: PartOptions): Promise<readonly Figure[]>;
};

export type PartOptions = {
  /** Less of everything, for a look. */
  readonly quick: boolean;
  /** Says on stderr what is being done. */
  readonly say: (doing: string) => void;
  /** Measures processor time and peak memory of a stretch of a part; kept with the results under its name. */
  readonly observe: <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;
};

/** What a stretch of a part cost each process. */
export type Observation = { readonly name: string; readonly seconds: number; readonly cpu: ByProcess; readonly peak: ByProcess };
