import type { TaskContext } from "../../../sdk/execution/context.ts";

/** What of one item is held in memory: in mostly one part. */
const heldParts = 16;
const heldBytes = 8 * 1024 * 1024;

/** Whether the task works on one item of a map, beside others of the same object. */
export function isItem({ run }: Pick<TaskContext, "run">): boolean {
  return run.item !== undefined;
}

/**
 * What an item wrote cannot be told from what its neighbours wrote, so nothing could be cleared up after it: it begins
 * to write once all of it is known to be right, as far as that fits in memory.
 */
export async function* heldForItem<Part>(
  parts: AsyncIterable<Part>,
  context: Pick<TaskContext, "run">,
  bytesOf: (part: Part) => number,
): AsyncGenerator<Part> {
  const held: Part[] = [];
  let holds = isItem(context);
  let bytes = 0;
  for await (const part of parts) {
    held.push(part);
    if (holds) bytes += bytesOf(part);
    if (holds && held.length < heldParts && bytes < heldBytes) continue;
    holds = false;
    yield* held.splice(0);
  }
  yield* held;
}
