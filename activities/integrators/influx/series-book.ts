import type { PointTime } from "./point-time.ts";

type Entry = { readonly prefix: string; ms: number; below: string };

/**
 * The series of one call: the escaped text of each, made once, and how many different points were seen. A point is
 * known by series and time; readings mostly come in the order of time within their series, and then remembering the
 * last time of each is enough to know how many points there are.
 */
export type SeriesBook = {
  /** The prefix of a point's line; `key` tells series apart, `make` is called once for each. */
  prefix(key: string, time: PointTime, make: () => string): string;
  readonly count: number;
  /** False where times went backwards or there were too many series: the count must be read back. */
  readonly exact: boolean;
};

export function createSeriesBook(limit = 100_000): SeriesBook {
  const entries = new Map<string, Entry>();
  let count = 0;
  let exact = true;

  function isNew(entry: Entry, { ms, below }: PointTime): boolean {
    if (ms > entry.ms || (ms === entry.ms && below > entry.below)) return true;
    if (ms !== entry.ms || below !== entry.below) exact = false;
    return false;
  }

  return {
    prefix(key, time, make) {
      let entry = entries.get(key);
      if (!entry) {
        if (entries.size >= limit) {
          entries.clear();
          exact = false;
        }
        entry = { prefix: make(), ms: -Infinity, below: "" };
        entries.set(key, entry);
      }
      if (isNew(entry, time)) {
        count += 1;
        entry.ms = time.ms;
        entry.below = time.below;
      }
      return entry.prefix;
    },
    get count() {
      return count;
    },
    get exact() {
      return exact;
    },
  };
}
