/** Counts what is written once however often it is given, as long as what is given fits in memory. */
export type Distinct = {
  add(key: string): void;
  readonly count: number;
  /** False once there were too many to remember: the count must then be read back from the sink. */
  readonly exact: boolean;
};

export function createDistinct(limit = 200_000): Distinct {
  const seen = new Set<string>();
  let exact = true;
  return {
    add(key) {
      if (exact) seen.add(key);
      if (seen.size <= limit) return;
      exact = false;
      seen.clear();
    },
    get count() {
      return seen.size;
    },
    get exact() {
      return exact;
    },
  };
}
