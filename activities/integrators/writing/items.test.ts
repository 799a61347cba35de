import { describe, expect, it } from "vitest";
import { streamOf } from "../context-under-test.ts";
import { heldForItem } from "./items.ts";

const ofItem = { run: { workflowId: "run", runId: "run", dag: "dag", node: "node", item: "3" } };
const ofObject = { run: { workflowId: "run", runId: "run", dag: "dag", node: "node" } };
const MiB = 1024 * 1024;

/** How many parts were read before each that came out. */
async function readBefore(sizes: readonly number[], context: Parameters<typeof heldForItem>[1]): Promise<readonly number[]> {
  let read = 0;
  async function* parts() {
    for await (const size of streamOf(sizes)) {
      read += 1;
      yield size;
    }
  }
  const found: number[] = [];
  for await (const _ of heldForItem(parts(), context, (size) => size)) found.push(read);
  return found;
}

describe("the parts that a task writes", () => {
  it("come as they are made where they are an object's", async () => {
    expect(await readBefore([1, 1, 1], ofObject)).toEqual([1, 2, 3]);
  });

  it("are held to the last of them where they are an item's", async () => {
    expect(await readBefore([1, 1, 1], ofItem)).toEqual([3, 3, 3]);
  });

  it("are held up to 16 of them, then come as they are made", async () => {
    expect(await readBefore(Array(18).fill(1), ofItem)).toEqual([...Array(16).fill(16), 17, 18]);
  });

  it("are held up to 8 MiB of them, then come as they are made", async () => {
    expect(await readBefore([3 * MiB, 3 * MiB, 3 * MiB, 1], ofItem)).toEqual([3, 3, 3, 4]);
  });
});
