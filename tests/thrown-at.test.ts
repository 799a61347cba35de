import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadDagFile } from "../loader/load.ts";
import { runPlan, testObject } from "../sdk/testing/index.ts";

const dagFile = `import { arrival, dag, object, task } from "sluice/sdk";
import { z } from "zod";
import { nameOf } from "./lib/names.ts";

/** What the bundler takes out, so that lines of the bundle are others. */
type Sensor = { readonly name: string };

const inFile = task({
  name: "in-file",
  in: object,
  out: z.string(),
  run: async ({ metadata }) => {
    await null;
    return (metadata["sensor"] as unknown as Sensor).name;
  },
});
const inLibrary = task({ name: "in-library", in: object, out: z.string(), run: ({ metadata }) => nameOf(metadata["sensor"] as never) });
const inJson = task({ name: "in-json", in: object, out: z.unknown(), run: async (object) => JSON.parse(await object.text()) });

export default dag({
  name: "careless",
  on: arrival(),
  flow(object) {
    inFile(object);
    inLibrary(object);
    inJson(object);
  },
});
`;

describe("what a task of a bundled file threw", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice thrown-"));
    const files = { "careless.ts": dagFile, "lib/names.ts": "type N = { name: string };\n\nexport const nameOf = (n: N) => n.name;\n" };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("is said with the file and line that its author knows", async () => {
    const { dags, problems } = await loadDagFile(join(folder, "careless.ts"), { cache: join(folder, "cache") });
    const [careless] = dags;
    if (!careless) throw new Error(JSON.stringify(problems));
    const { settled } = await runPlan(careless.plan, careless.tasks, { object: testObject({ content: "{" }) });
    expect(settled).toMatchObject({
      "in-file": {
        failure: {
          code: "TASK_THREW",
          place: { source: "careless.ts:14:54" },
          message: expect.stringMatching(/\(thrown at careless\.ts:14:54\)$/),
        },
      },
      "in-library": { failure: { place: { source: "lib/names.ts:3:35" } } },
      "in-json": { failure: { message: expect.stringMatching(/^SyntaxError: .*\(thrown at careless\.ts:18:\d+\)$/) } },
    });
  });
});
