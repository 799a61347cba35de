import { describe, expect, it } from "vitest";
import { z } from "zod";
import { after, arrival, dag, map, match, mime, object, rows, rule, task } from "../index.ts";
import { influxPoints, mongoDocuments, receipt } from "../integrators.ts";
import { compileDag } from "../plan/compile.ts";
import { testObject } from "../testing/index.ts";
import { hasMiddle, keptSteps, resumeFrom, withoutUndone } from "./resume.ts";
import type { RunState } from "./settled.ts";

const Reading = z.object({ sensor: z.string(), time: z.string(), value: z.number() });
const List = z.array(z.number());

const parse = task({ name: "parse", in: object, out: rows(Reading), async *run() {} });
const weigh = task({ name: "weigh", in: object, out: z.object({ weight: z.number() }), run: () => ({ weight: 1 }) });
const list = task({ name: "list", in: z.object({ weight: z.number() }), out: List, run: () => [1] });
const double = task({ name: "double", in: z.number(), out: z.number(), run: (item) => item * 2 });
const draw = task({ name: "draw", in: List, out: z.object({ drawn: z.number() }), run: () => ({ drawn: 1 }) });
const tell = task({ name: "tell", in: receipt, run: () => undefined });

function flowOf(collection: string) {
  return compileDag(
    dag({
      name: "readings",
      on: arrival({ types: [mime.csv, mime.json] }),
      flow(arrived) {
        match(arrived.type, {
          [mime.csv]: () => {
            const points = influxPoints(parse(arrived), { measurement: "m" });
            after([points], rule.allSuccess, () => tell(points));
          },
          [mime.json]: () => {
            mongoDocuments(draw(map(list(weigh(arrived)), (item) => double(item))), { collection });
          },
        });
      },
    }),
  ).plan;
}

const plan = flowOf("drawings");
const code = Object.fromEntries(Object.keys(plan.tasks).map((name) => [name, `code of ${name}`]));
const now = { plan, code };
const csv = testObject({ content: "", type: mime.csv });
const json = testObject({ content: "", type: mime.json });
const mapId = plan.nodes.find(({ kind }) => kind === "map")?.id ?? "";

const done = (inline: null | number | object): RunState[string] => ({ status: "success", value: { inline: inline as never } });
const skipped = { status: "skipped" } as const;
const work = { work: "values/1.json", size: 100_000, length: 3 };
const ofCsv: RunState = {
  parse: { status: "success", value: { rows: 3 } },
  "influx-points": done({ sink: "influxdb", count: 3 }),
  tell: done(null),
  weigh: skipped,
  list: skipped,
  [mapId]: skipped,
  draw: skipped,
  "mongo-documents": skipped,
};
const ofJson: RunState = {
  parse: skipped,
  "influx-points": skipped,
  tell: skipped,
  weigh: done({ weight: 1 }),
  list: { status: "success", value: { at: work } },
  [mapId]: done([2]),
  draw: { status: "success", value: { at: { ...work, work: "values/2.json" } } },
  "mongo-documents": done({ sink: "mongodb", count: 1 }),
};
const codeOf = (from: string, settled: RunState, change: Partial<typeof now> = {}, of = json) => {
  try {
    resumeFrom(from, now, { ...now, ...change, settled }, of);
    return "resumed";
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
};

describe("a run that begins from a task", () => {
  it("keeps everything but the task and what depends on it, and needs only what those take", () => {
    const { settled, needs } = resumeFrom("draw", now, { ...now, settled: ofJson }, json);
    const { draw: _, "mongo-documents": __, ...kept } = ofJson;
    expect(settled).toEqual(kept);
    expect(needs).toEqual([]);
    expect(resumeFrom(mapId, now, { ...now, settled: ofJson }, json).needs).toEqual([{ node: "list", at: work }]);
    expect(resumeFrom("mongo-documents", now, { ...now, settled: ofJson }, json).needs.map(({ node }) => node)).toEqual(["draw"]);
  });

  it("keeps a sink and its producer where only what comes after them runs", () => {
    expect(Object.keys(resumeFrom("tell", now, { ...now, settled: ofCsv }, csv).settled)).toEqual(
      expect.arrayContaining(["parse", "influx-points"]),
    );
  });

  it("may begin at the first task without anything that is kept", () => {
    expect(codeOf("parse", {}, {}, csv)).toBe("resumed");
    expect(codeOf("weigh", {})).toBe("resumed");
  });

  it("is refused where it would need rows, naming who produces them", () => {
    expect(codeOf("influx-points", ofCsv, {}, csv)).toMatch(/^ROWS_NOT_KEPT: .*the rows of parse.*Begin from parse\.$/);
  });

  it("is refused where something before it changed, naming the first", () => {
    expect(codeOf("draw", ofJson, { code: { ...code, weigh: "other", list: "other" } })).toMatch(
      /^PLAN_CHANGED: .*before it, weigh runs other code/,
    );
    expect(codeOf("draw", ofJson, { code: { ...code, double: "other" } })).toMatch(/^PLAN_CHANGED: .*double runs other code/);
    expect(codeOf("draw", ofJson, { code: { ...code, draw: "other", parse: "other" } })).toBe("resumed");
    expect(codeOf("mongo-documents", ofJson, { plan: flowOf("elsewhere") })).toBe("resumed");
  });

  it("is refused where what came before is not kept, or never let it through", () => {
    expect(codeOf("draw", { ...ofJson, list: undefined } as unknown as RunState)).toMatch(/^INPUTS_GONE: .*how list ended/);
    const failure = { code: "NO", kind: "terminal", message: "", fingerprint: "" } as const;
    expect(
      codeOf("draw", { ...ofJson, list: { status: "failed", failure }, [mapId]: { status: "failed", failure, upstream: true } }),
    ).toMatch(/^NOT_REACHED: .*list before it failed/);
    expect(codeOf("draw", ofCsv, {}, csv)).toMatch(/^NOT_REACHED: .*not on the way/);
  });

  it("is refused inside of a map, naming the map", () => {
    expect(codeOf("double", ofJson)).toMatch(new RegExp(`^NO_SUCH_TASK: .*Begin from ${mapId}`));
  });
});

describe("what is kept", () => {
  it("is worth keeping where a run has a middle", () => {
    const { tell: _, ...stage } = ofCsv;
    expect([hasMiddle(plan, ofJson), hasMiddle(plan, ofCsv), hasMiddle(plan, stage), hasMiddle(plan, {})]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("is what came before a task that failed, so that it may be mended and run from there", () => {
    const failed: RunState[string] = { status: "failed", failure: { code: "NO", kind: "terminal", message: "", fingerprint: "" } };
    const upstream: RunState[string] = { ...failed, upstream: true };
    const { parse = skipped } = ofCsv;
    expect(hasMiddle(plan, { weigh: done({ weight: 1 }), list: failed, [mapId]: upstream, draw: upstream })).toBe(true);
    expect(hasMiddle(plan, { weigh: failed, list: upstream, [mapId]: upstream })).toBe(false);
    // Of one stage, nothing is left of the rows that flowed.
    expect(hasMiddle(plan, { parse, "influx-points": failed, tell: upstream })).toBe(false);
  });

  it("is not what was undone, or should have been", () => {
    const failed: RunState[string] = { status: "failed", failure: { code: "NO", kind: "terminal", message: "", fingerprint: "" } };
    const settled = { weigh: done({ weight: 1 }), list: done([1]), [mapId]: done([2]), draw: failed };
    const steps = [
      { node: "weigh", task: "weigh", status: "success", mode: "local" },
      { node: "draw", task: "draw", status: "failed", mode: "local" },
      { node: "list", task: "list", status: "undone" },
      { node: mapId, task: mapId, status: "failed" },
    ] as const;
    expect(withoutUndone(settled, steps)).toEqual({ weigh: settled.weigh, draw: failed });
  });

  it("stands in the trace as kept, with its receipts", () => {
    const steps = keptSteps(plan, ofCsv);
    expect(steps.every(({ mode }) => mode === "kept")).toBe(true);
    expect(steps.flatMap(({ receipt }) => receipt ?? [])).toEqual([{ sink: "influxdb", count: 3 }]);
  });
});
