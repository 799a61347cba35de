import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { dagOf, flows } from "../../tests/arbitraries/flows.ts";
import { after, arrival, dag, map, match, object, rows, rule, task } from "../index.ts";
import { compileDag } from "./compile.ts";
import { bodyAround, dependenciesOf, nodeOf } from "./graph.ts";
import type { Plan, PlanNode, Stage } from "./plan.ts";
import { rowsInto } from "./stages.ts";

const Row = z.object({ n: z.number() });
const parse = task({ name: "parse", in: object, out: rows(Row), async *run() {} });
const parseThere = task({ name: "parse-there", in: object, out: rows(Row), site: "local", async *run() {} });
const double = task({ name: "double", in: rows(Row), out: rows(Row), async *run() {} });
const write = task({ name: "write", in: rows(Row), out: z.number(), run: () => 1 });
const count = task({ name: "count", in: rows(Row), out: z.number(), run: () => 1 });
const join = task({ name: "join", in: { left: rows(Row), right: rows(Row) }, run: () => {} });
const scale = task({ name: "scale", in: { rows: rows(Row), by: z.number() }, run: () => {} });
const list = task({ name: "list", in: object, out: z.array(z.string()), run: () => [] });
const search = task({ name: "search", in: { rows: rows(Row), what: z.string() }, out: z.string(), run: () => "" });

function stagesOf(flow: Parameters<typeof dag>[0]["flow"]): readonly string[] {
  const { plan, problems } = compileDag(dag({ name: "d", on: arrival({ types: ["a/b", "c/d"] }), flow }));
  expect(problems).toEqual([]);
  return plan.stages.map(({ nodes, spools }) => `${nodes.join(" ")}${spools.length > 0 ? ` | ${spools.join(" ")}` : ""}`);
}

describe("formStages", { timeout: 60_000 }, () => {
  it("puts a producer and all its consumers into one stage", () => {
    expect(
      stagesOf((arrived) => {
        const read = parse(arrived);
        write(double(read));
        count(read);
      }),
    ).toEqual(["parse double write count"]);
  });

  it("lets streams pass through a match", () => {
    expect(
      stagesOf((arrived) => void write(match(arrived.type, { "a/b": () => parse(arrived), "c/d": () => double(parse(arrived)) }))),
    ).toEqual(["parse parse:2 double match write"]);
  });

  it("keeps a stream that goes to another site", () => {
    expect(stagesOf((arrived) => void write(parseThere(arrived)))).toEqual(["parse-there | parse-there", "write"]);
  });

  it("keeps the second stream of a task, which would have to be read in step with the first", () => {
    expect(stagesOf((arrived) => void join({ left: parse(arrived), right: parse(arrived) }))).toEqual(["parse join", "parse:2 | parse:2"]);
  });

  it("keeps a stream that one task reads twice", () => {
    expect(
      stagesOf((arrived) => {
        const read = parse(arrived);
        join({ left: read, right: read });
      }),
    ).toEqual(["parse | parse", "join"]);
  });

  it("keeps a stream whose consumer needs a value made from it first", () => {
    expect(
      stagesOf((arrived) => {
        const read = parse(arrived);
        scale({ rows: read, by: count(read) });
      }),
    ).toEqual(["parse count | parse", "scale"]);
  });

  it("keeps a stream whose consumer waits until its producer has settled", () => {
    expect(
      stagesOf((arrived) => {
        const read = parse(arrived);
        after([read], rule.allSuccess, () => write(read));
      }),
    ).toEqual(["parse | parse", "write"]);
  });

  it("keeps a stream that the body of a map reads for each item", () => {
    expect(
      stagesOf((arrived) => {
        const read = parse(arrived);
        map(list(arrived), (what) => search({ rows: read, what }));
      }),
    ).toEqual(["parse | parse", "list", "search"]);
  });

  it("has every task and every match of rows in exactly one stage, at one site and in one body", () => {
    anyPlan((plan) => {
      const expected = plan.nodes.filter((node) => node.kind === "task" || (node.kind === "match" && node.rows)).map(({ id }) => id);
      expect(plan.stages.flatMap(({ nodes }) => nodes).toSorted()).toEqual(expected.toSorted());
      for (const stage of plan.stages) {
        const nodes = stage.nodes.map((id) => nodeOf(plan, id) as PlanNode);
        expect(new Set(nodes.map(({ scope }) => bodyAround(plan, scope)))).toEqual(new Set([stage.scope]));
        expect(new Set(nodes.flatMap((node) => (node.kind === "task" ? [plan.tasks[node.task]?.site] : []))).size).toBeLessThan(2);
        expect(plan.nodes.filter(({ id }) => stage.nodes.includes(id)).map(({ id }) => id)).toEqual(stage.nodes);
      }
    });
  });

  it("makes no stage that waits for itself: streams apart, all it waits for can be done before", () => {
    anyPlan((plan) => {
      const unitOf = (id: string): Stage | string => plan.stages.find(({ nodes }) => nodes.includes(id)) ?? id;
      const waits = new Map<Stage | string, Set<Stage | string>>();
      for (const node of plan.nodes) {
        const own = unitOf(node.id);
        const streams = new Set(rowsInto(plan, node));
        for (const id of dependenciesOf(plan, node)) {
          if (unitOf(id) === own && streams.has(id)) continue;
          waits.set(own, (waits.get(own) ?? new Set()).add(unitOf(id)));
        }
      }
      const open = new Set(waits.keys());
      for (let before = -1; before !== open.size;) {
        before = open.size;
        for (const unit of open) if ([...(waits.get(unit) ?? [])].every((other) => !open.has(other))) open.delete(unit);
      }
      expect([...open]).toEqual([]);
    });
  });

  it("keeps exactly the streams that are read outside of their stage", () => {
    anyPlan((plan) => {
      for (const stage of plan.stages) {
        const leaving = stage.nodes.filter((id) =>
          plan.nodes.some((node) => !stage.nodes.includes(node.id) && rowsInto(plan, node).includes(id)),
        );
        expect(stage.spools.toSorted()).toEqual(leaving.toSorted());
      }
    });
  });
});

function anyPlan(check: (plan: Plan) => void): void {
  fc.assert(
    fc.property(flows, (flow) => check(compileDag(dagOf(flow)).plan)),
    { numRuns: 300 },
  );
}
