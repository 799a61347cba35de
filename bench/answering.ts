import { setTimeout as sleep } from "node:timers/promises";
import { bareContainer, type BenchLake } from "./lake.ts";
import { clients, putAll } from "./objects.ts";

const patience = 180_000;

/**
 * Puts the objects, and answers how many events a second MinIO took from its queue on disk, which it does when they are
 * answered: from the first on, since before it MinIO may wait for 3 s, to the last.
 */
export async function answering(
  lake: BenchLake,
  target: "gateway" | "bare",
  container: string,
  unit: string,
  count: number,
): Promise<number> {
  let put = 0;
  const counting = async (...object: Parameters<BenchLake["put"]>) => {
    await lake.put(...object);
    put += 1;
  };
  const putting = putAll({ put: counting }, container, unit, count);
  let first: { readonly gone: number; readonly at: number } | undefined;
  for (const deadline = performance.now() + patience; ;) {
    const [gone, at] = [put - (await lake.unanswered(target)), performance.now()];
    // As many as were put and have not reached the queue yet.
    if (gone > clients) first ??= { gone, at };
    if (first && gone === count) {
      await putting;
      return ((count - first.gone) / (at - first.at)) * 1_000;
    }
    if (at > deadline) throw new Error(`MinIO told the ${target} of ${gone} of ${count} objects in ${patience / 1_000} s.`);
    await Promise.race([sleep(20), putting.then(() => sleep(20))]);
  }
}

/** What MinIO sends at best. */
export async function throughBare(lake: BenchLake, unit: string, count: number): Promise<number> {
  const before = await lake.bare.received();
  const rate = await answering(lake, "bare", bareContainer, unit, count);
  const received = (await lake.bare.received()) - before;
  // At least once: an event may come twice.
  if (received < count) throw new Error(`The bare receiver got ${received} events; expected ${count}.`);
  return rate;
}
