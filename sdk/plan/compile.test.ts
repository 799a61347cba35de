import { describe, expect, it } from "vitest";
import { z } from "zod";
import { anything, compile, type Flow, linesOf, parse, read, room, text, untyped } from "../../tests/plans/mistakes.ts";
import { after, arrival, dag, map, match, mime, object, rule, task } from "../index.ts";
import { influxPoints, mongoDocuments } from "../integrators.ts";
import { compileDag } from "./compile.ts";

describe("compileDag", () => {
  it("reports everything that is wrong at once", () => {
    const { problems } = compile((arrived) => {
      text(`${arrived.key as unknown as string}`);
      match(arrived.type, { "text/csv": () => text("x") });
      map(read(arrived).list, (item) => text(item), { concurrency: 1_000 });
    });
    expect(problems.map(({ code }) => code).toSorted()).toEqual(["COMPARED_SYMBOL", "MISSING_BRANCH", "WRONG_CONCURRENCY"]);
  });

  it("reports what is wrong with a DAG as a whole where it is defined", () => {
    const definition = dag({ name: "No spaces!", on: [], flow: () => {} });
    const { problems } = compileDag(definition);
    expect(problems.map(({ code }) => code)).toEqual(["WRONG_DAG_NAME", "NO_ARRIVAL", "EMPTY_DAG"]);
    const { line } = definition.place;
    expect(line).toBe(linesOf(import.meta.url).findIndex((text) => text.includes('"No spaces!"')) + 1);
    for (const problem of problems) expect(problem.line).toBe(line);
  });

  it("refuses a task name that could not stand in an id", () => {
    const shouting = task({ name: "SHOUT!", in: object, run: () => {} });
    expect(compile((arrived) => shouting(arrived)).problems).toMatchObject([
      { code: "WRONG_TASK_NAME", message: expect.stringContaining('"SHOUT!"') },
    ]);
  });

  it("leaves tasks that are called outside of a flow to say so", () => {
    expect(() => text("x")).toThrow('The task "text" was called outside of a flow');
  });

  it("accepts what types accept: what a task coerces, numbers where whole ones are expected, constants, integrators in a map", () => {
    const coerced = task({ name: "coerced", in: { n: z.coerce.number(), at: z.coerce.date() }, run: () => {} });
    const { problems } = compile((arrived) => {
      coerced({ n: text("3"), at: arrived.lastModified });
      room({ name: "302", seats: read(arrived).n });
      room({ name: text("a") });
      map(read(arrived).list, () => mongoDocuments(read(arrived), { collection: untyped(arrived.key) }));
    });
    expect(problems).toEqual([]);
  });

  it("waits no shorter before later tries than before the second", () => {
    const patient = task({ name: "patient", retry: { initialInterval: "5m" }, run: () => {} });
    const { plan } = compile(() => patient());
    expect(plan.tasks["patient"]?.retry).toEqual({ attempts: 3, initialInterval: 300_000, backoff: 2, maximumInterval: 300_000 });
  });

  it.each([
    [{ retry: { attempts: 2.5 } }, '"attempts" of retry of task; expected a whole number from 0'],
    [{ retry: { attempts: -1 } }, '"attempts" of retry of task'],
    [{ retry: { backoff: 0.5 } }, '"backoff" of retry of task; expected a number from 1'],
    [{ in: "object" }, 'Found "object" as "in" of task; expected object, rows(…), a zod schema, or an object of these'],
    [{ in: { rows: parse } }, 'as "in" of task'],
    [{ out: object }, 'as "out" of task; expected rows(…) or a zod schema'],
  ])("refuses a task with %j", (options, message) => {
    expect(() => task(untyped({ name: "odd", run: () => {}, ...options }))).toThrow(message);
  });

  it("makes plans that are JSON, and the same each time", () => {
    const flow: Flow = (arrived) => {
      const points = influxPoints(parse(arrived), { measurement: "m", time: "n", tags: undefined });
      after([points], rule.anyFailed, ([result]) => anything({ result, since: new Date(0) }), { recovers: true });
    };
    const [one, two] = [compile(flow), compile(flow)];
    expect(one.problems).toEqual([]);
    expect(JSON.parse(JSON.stringify(one.plan))).toEqual(one.plan);
    expect(JSON.stringify(two.plan)).toBe(JSON.stringify(one.plan));
  });

  it("knows tasks by their names: what their constants are called changes nothing", () => {
    const renamed = task({ name: "text", in: z.string(), out: z.string(), run: (given) => given });
    expect(compile((arrived) => text(arrived.key)).plan).toEqual(compile((arrived) => renamed(arrived.key)).plan);
  });

  it("gives each node an id of its own, in nested matches and maps too", () => {
    const named = task({ name: "object", in: z.unknown(), out: z.array(z.string()), run: () => [] });
    const { plan, problems } = compile((arrived) => {
      match(arrived.type, { otherwise: () => match(arrived.key, { a: () => text("a"), otherwise: () => text("b") }) });
      map(named(arrived), () => map(named(arrived), (item) => text(item)));
    });
    const ids = [...plan.nodes, ...plan.scopes].map(({ id }) => id);
    expect(problems).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain("object");
  });

  it("tries `otherwise` last, wherever it is written", () => {
    const { plan, problems } = compile((arrived) => match(arrived.type, { otherwise: () => text("x"), "text/csv": () => text("y") }));
    expect(problems).toEqual([]);
    expect(plan.nodes.find((node) => node.kind === "match")?.cases.map(({ when }) => when)).toEqual(["text/csv", null]);
  });

  it("takes an integrator that is used twice as two tasks, each with its own settings", () => {
    const { plan } = compile((arrived) => {
      influxPoints(parse(arrived), { measurement: "a" });
      influxPoints(parse(arrived), { measurement: "b", undo: true, retry: { attempts: 2 } });
    });
    expect(plan.tasks["influx-points"]).toMatchObject({ kind: "integrator", undo: false, retry: { attempts: 0 } });
    expect(plan.tasks["influx-points:2"]).toMatchObject({ integrator: "influx-points", undo: true, retry: { attempts: 2 } });
    expect(plan.nodes.find(({ id }) => id === "influx-points:2")).toMatchObject({ options: { const: { measurement: "b" } } });
  });

  it("says what is wrong with a plan that did not come from a flow", async () => {
    const { checkPlan } = await import("./check.ts");
    const { plan } = compile((arrived) => text(text(arrived.key)), arrival({ types: mime.any }));
    const [one, two] = plan.nodes;
    if (one?.kind !== "task" || two?.kind !== "task") throw new Error("two tasks expected");
    const codes = (nodes: typeof plan.nodes) => checkPlan({ ...plan, nodes }).map(({ code }) => code);
    expect(codes([one, two])).toEqual([]);
    expect(codes([two, one])).toEqual(["NODE_ORDER"]);
    expect(codes([{ ...one, input: { from: one.id, path: [] } }])).toEqual(["NODE_ORDER"]);
    expect(codes([two])).toEqual(["UNKNOWN_NODE"]);
    expect(codes([{ ...one, task: "gone" }])).toEqual(["UNKNOWN_TASK"]);
  });
});
