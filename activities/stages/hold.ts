import { chunked, chunksOf } from "../../sdk/execution/broadcast.ts";
import type { StageMember } from "../contract.ts";
import type { WorkArea } from "../work/work-area.ts";

/** Rows of objects up to this size are held in memory. */
const heldBytes = 1024 * 1024;

/**
 * When rows wait for the end of their producer before they are written. A small object is written whole or not at
 * all. A large one flows as it is read, unless it replaces what an earlier processing wrote: then a failure half-way
 * would have overwritten some of that, so its rows lie in the work area until the last of them is known to be right.
 */
export function holdFor(
  { object, replaces }: StageMember,
  work: WorkArea,
): ((rows: AsyncIterable<unknown>) => AsyncIterable<unknown>) | undefined {
  if (object.size <= heldBytes) return inMemory;
  if (!replaces) return undefined;
  return async function* held(rows) {
    yield* work.rows(await work.putRows(rows));
  };
}

function inMemory(rows: AsyncIterable<unknown>): AsyncIterable<unknown> {
  return chunked(async function* () {
    const chunks: (readonly unknown[])[] = [];
    for await (const chunk of chunksOf(rows)) chunks.push(chunk);
    yield* chunks;
  });
}
