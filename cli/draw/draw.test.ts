import { Ansis } from "ansis";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { after, arrival, dag, map, match, mime, object, rows, rule, task } from "../../sdk/index.ts";
import { influxPoints, mongoDocuments } from "../../sdk/integrators.ts";
import { compileDag } from "../../sdk/plan/compile.ts";
import { layOut } from "./layout.ts";
import { mermaidOf } from "./mermaid.ts";
import { drawPlan } from "./terminal.ts";

const plain = new Ansis(0);
const Reading = z.object({ sensor: z.string(), time: z.date(), value: z.number() });
const csv = task({ name: "parse-csv", in: object, out: rows(Reading), async *run() {} });
const json = task({ name: "parse-json", in: object, out: rows(Reading), async *run() {} });
const names = task({ name: "names", in: object, out: z.array(z.string()), run: () => [] });
const greet = task({ name: "greet", in: z.string(), out: z.string(), run: (name) => name });
const tell = task({ name: "tell", in: z.object({ why: z.string().nullable() }), run() {} });

const { plan } = compileDag(
  dag({
    name: "campus",
    on: arrival({ container: "campus", types: [mime.csv, mime.json] }),
    flow(object) {
      const readings = match(object.type, { [mime.csv]: () => csv(object), [mime.json]: () => json(object) });
      const points = influxPoints(readings, { measurement: "readings", tags: ["sensor"] });
      mongoDocuments(readings, { collection: "readings" });
      map(names(object), (name) => greet(name), { concurrency: 4, tolerate: "10%" });
      after([points], rule.anyFailed, ([result]) => tell({ why: result.failure.message }));
    },
  }),
);

describe("the drawing of a plan", () => {
  const drawing = drawPlan(plan, { width: 160, paint: plain });

  it("shows every task, its branch's type, its map, its rule, and what runs together", () => {
    for (const text of [
      "object",
      "─ text/csv ─",
      "─ application/json ─",
      "─ each ─",
      "match object.type",
      "map names",
      "4 at once, 10% may fail",
      "after anyFailed",
      "parse-csv",
      "greet",
      "tell",
    ]) {
      expect(drawing).toContain(text);
    }
    expect(drawing).toMatch(/① run together in one activity: parse-csv, parse-json, influx-points, mongo-documents$/);
  });

  it("fits a narrow terminal by making boxes narrower", () => {
    const widest = (width: number) =>
      Math.max(
        ...drawPlan(plan, { width, paint: plain })
          .split("\n")
          .slice(2, -2)
          .map((line) => stringWidth(line)),
      );
    expect(widest(160)).toBeGreaterThan(80);
    expect(widest(80)).toBeLessThanOrEqual(80);
  });

  it("colours only where it is told to", () => {
    expect(drawing).not.toContain("\u001b[");
    expect(drawPlan(plan, { width: 160, paint: new Ansis(1) })).toContain("\u001b[");
  });

  it("lets no boxes overlap and no line end beside its box", () => {
    const size = { width: 9, height: 3 };
    const ids = ["a", "b", "c", "d", "e", "f"];
    const edges = [
      ["a", "b"],
      ["a", "c"],
      ["b", "d"],
      ["c", "d"],
      ["a", "e"],
      ["e", "f"],
      ["d", "f"],
      ["a", "f"],
    ].map(([from = "", to = ""]) => ({ from, to }));
    const { boxes, lines } = layOut(new Map(ids.map((id) => [id, size])), edges);
    const places = [...boxes.values()];
    for (const one of places)
      for (const other of places) if (one !== other) expect(one.y !== other.y || Math.abs(one.x - other.x) > size.width).toBe(true);
    for (const { to } of edges) {
      const { x, y } = boxes.get(to) as { x: number; y: number };
      expect(lines.some((line) => line.at(-1)?.x === x + 4 && line.at(-1)?.y === y - 1)).toBe(true);
    }
  });
});

it("writes a Mermaid flowchart with labelled branches and a frame for what runs together", () => {
  const chart = mermaidOf(plan);
  expect(chart).toMatch(/^flowchart TD\n/);
  expect(chart).toMatch(/-->\|"text\/csv"\|/);
  expect(chart).toMatch(/subgraph stage1\["one activity"\]\n(.*\n){4} {2}end/);
  expect(chart.match(/-->/g)).toHaveLength(12);
});
