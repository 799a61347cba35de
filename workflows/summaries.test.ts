import { describe, expect, it } from "vitest";
import { z } from "zod";
import { terminal, toFailure } from "../sdk/contracts/errors.ts";
import { arrival, dag, match, mime, object, rows, task } from "../sdk/index.ts";
import { influxPoints, mongoDocuments, neo4jRelations, unpackArchive } from "../sdk/integrators.ts";
import type { RunState } from "../sdk/interpreter/settled.ts";
import { compileDag } from "../sdk/plan/compile.ts";
import { testObject } from "../sdk/testing/index.ts";
import { progressOf } from "./progress.ts";
import type { Member } from "./run.ts";
import { summaryOf } from "./summaries.ts";

const Reading = z.object({ sensor: z.string(), room: z.string(), time: z.string() });
const parse = task({ name: "parse-csv", in: object, out: rows(Reading), async *run() {} });
const { plan } = compileDag(
  dag({
    name: "readings",
    on: arrival({ types: [mime.csv, mime.zip] }),
    flow(arrived) {
      match(arrived.type, {
        [mime.csv]: () => {
          const readings = parse(arrived);
          influxPoints(readings, { measurement: "room|temperature" });
          influxPoints(readings, { measurement: { column: "room" } });
          mongoDocuments(readings, { collection: "readings" });
          neo4jRelations(readings, {
            type: "IN",
            from: { label: "S", key: { name: "sensor" } },
            to: { label: "R", key: { name: "room" } },
          });
        },
        [mime.zip]: () => void unpackArchive(arrived),
      });
    },
  }),
);
const nodes = plan.nodes.map(({ id }) => id);
const objects = ["a/roof.csv", "b/hall.csv"].map((key) => testObject({ container: "campus", key, content: "" }));

describe("a summary", () => {
  it("says what is done to which objects, and for which DAG", () => {
    expect(summaryOf(plan, nodes, objects.slice(0, 1))).toBe(
      "campus/a/roof.csv → parse-csv, influx-points room|temperature, influx-points:2, mongo-documents readings, neo4j-relations IN, unpack-archive · readings",
    );
    expect(summaryOf(plan, ["parse-csv"], objects)).toBe("2 objects of campus: roof.csv, hall.csv → parse-csv · readings");
  });
});

describe("the progress of a run", () => {
  const done: RunState[string] = { status: "success", value: { rows: 1 } };
  const failed = (upstream?: true): RunState[string] => ({
    status: "failed",
    failure: toFailure(terminal("NO", "Row 3 is wrong."), "x"),
    ...(upstream && { upstream }),
  });
  const member = (settled: RunState, leaving = false): Member => ({
    arrival: { id: "1", store: "s3", tenant: "campus", container: "campus", key: "a", time: "", door: "s3" },
    object: testObject({ content: "" }),
    typeBy: "specific",
    claimed: "",
    runs: [{ published: { hash: "1", plan, code: {} }, settled, steps: [] }],
    previous: [],
    leaving,
  });

  it("counts what became of each task over all objects, with reasons", () => {
    const first = {
      "parse-csv": done,
      "influx-points": failed(),
      "mongo-documents": failed(true),
      "unpack-archive": { status: "skipped" },
    } as const;
    const lines = progressOf([member(first), member({ "parse-csv": done }, true)]).split("\n");
    expect(lines).toContain("**readings** over 2 objects");
    expect(lines).toContain("| `parse-csv` | 2 |  |  |  |");
    expect(lines).toContain("| `influx-points room¦temperature` |  | 1 |  | 1 |");
    expect(lines).toContain("| `mongo-documents readings` |  | 1 |  | 1 |");
    expect(lines).toContain("| `unpack-archive` |  |  | 1 | 1 |");
    expect(lines.filter((line) => line.startsWith("- "))).toEqual(["- `influx-points room¦temperature`: Row 3 is wrong."]);
    expect(lines.at(-1)).toBe("1 of 2 go on in runs of their own.");
  });

  it("is nothing where there is nothing to run", () => expect(progressOf([])).toBe(""));
});
