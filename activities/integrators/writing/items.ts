import type { TaskContext } from "../../../sdk/execution/context.ts";

/** Parts of one item that are held in memory: of a few MiB each at most, and mostly there is one. */
const heldParts = 16;

/** Whether the task works on one item of a map, beside others of the same object. */
export function isItem({ run }: Pick<TaskContext, "run">): boolean {
  return run.item !== undefined;
}

/**
 * What an item wrote cannot be told from what its neighbours wrote, so nothing could be cleared up after it: it begins
 * to write once all of it is known to be right, as far as that fits in memory.
 */
export async function* heldForItem<Part>(parts: AsyncIterable<Part>, context: Pick<TaskContext, "run">): AsyncGenerator<Part> {
  const held: Part[] = [];
  let room = isItem(context) ? heldParts : 0;
  for await (const part of parts) {
    held.push(part);
    if (room > 0 && held.length < room) continue;
    room = 0;
    yield* held.splice(0);
  }
  yield* held;
}
