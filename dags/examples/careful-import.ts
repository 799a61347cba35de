/**
 * All or nothing: an inventory goes to two databases, and a check at the end may refuse it. When the DAG fails, what
 * it wrote is taken back in reverse order: the integrators by `undo: true`, a task of one's own by its `undo`.
 */
import { arrival, dag, mime, object, rows, task, terminal } from "sluice/sdk";
import { mongoDocuments, neo4jNodes } from "sluice/integrators";
import { writeFile, rm, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

const Machine = z.object({ id: z.string(), hall: z.string(), power: z.number() });
const Receipt = z.object({
  sink: z.string(),
  what: z.string(),
  count: z.number(),
  where: z.string(),
  locator: z.record(z.string(), z.unknown()),
});

export const readMachines = task({
  name: "inventory-read",
  in: object,
  out: rows(Machine),
  async *run(object) {
    yield* JSON.parse(await object.text()) as z.input<typeof Machine>[];
  },
});

export const announce = task({
  name: "inventory-announce",
  in: z.object({ key: z.string(), documents: Receipt }),
  out: z.object({ file: z.string() }),
  async run({ key, documents }) {
    const folder = join(tmpdir(), "sluice-inventories");
    await mkdir(folder, { recursive: true });
    const file = join(folder, encodeURIComponent(key));
    await writeFile(file, `${documents.count} machines\n`);
    return { file };
  },
  // Gets what `run` returned. It may be called twice, or for something that is gone already.
  async undo({ file }) {
    await rm(file, { force: true });
  },
});

export const compare = task({
  name: "inventory-compare",
  // What is passed in must be there first: this runs last.
  in: z.object({ announced: z.object({ file: z.string() }), documents: Receipt, nodes: Receipt }),
  run({ documents, nodes }) {
    if (documents.count === nodes.count) return;
    throw terminal(
      "INVENTORY_DIFFERS",
      `Found ${documents.count} documents and ${nodes.count} machines in the graph; expected as many. Two machines share an id: correct the inventory.`,
    );
  },
});

export default dag({
  name: "careful-import",
  on: arrival({ container: "factory", key: "inventory/**", types: mime.json }),
  flow(object) {
    const machines = readMachines(object);
    const documents = mongoDocuments(machines, { collection: "machines", undo: true });
    const nodes = neo4jNodes(machines, { label: "MACHINE", key: ["id"], undo: true });
    const announced = announce({ key: object.key, documents });
    compare({ announced, documents, nodes });
  },
});
