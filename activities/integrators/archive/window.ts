/** Runs up to `size` jobs at a time; `run` waits for a free place, not for the job. */
export function createWindow(size: number) {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];

  function throwFirst(): void {
    if (failures.length > 0) throw failures[0];
  }

  return {
    async run(job: () => Promise<unknown>): Promise<void> {
      throwFirst();
      const done: Promise<void> = job().then(
        () => void running.delete(done),
        (error: unknown) => {
          running.delete(done);
          failures.push(error);
        },
      );
      running.add(done);
      if (running.size >= size) await Promise.race(running);
    },
    settled: async () => void (await Promise.all(running)),
    throwFirst,
  };
}
