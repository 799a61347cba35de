import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { after, arrival, dag, map, match, mime, object, rows, rule, task, type Value } from "../index.ts";
import { influxPoints, mongoDocuments } from "../integrators.ts";
import { compileDag } from "./compile.ts";

const Row = z.object({ n: z.number() });
const read = task({
  name: "read",
  in: object,
  out: z.object({ kind: z.string(), list: z.array(z.string()), n: z.number() }),
  run: () => ({ kind: "", list: [], n: 1 }),
});
const parse = task({ name: "parse", in: object, out: rows(Row), async *run() {} });
const text = task({ name: "text", in: z.string(), out: z.string(), run: (given) => given });
const write = task({ name: "write", in: rows(Row), run: () => {} });
const anything = task({ name: "anything", in: z.unknown(), run: () => {} });
const room = task({ name: "room", in: z.object({ name: z.string(), seats: z.int().optional() }), run: () => {} });
const beating = task({ name: "beating", in: z.string(), run: () => {}, heartbeat: "10s" });
const undone = task({ name: "undone", in: z.string(), run: () => {}, undo: () => {} });
const readAgain = task({ name: "read", in: object, out: z.string(), run: () => "" }); // TWO_TASKS_OF_ONE_NAME

type Flow = Parameters<typeof dag>[0]["flow"];

const types = ["text/csv", "application/json"] as const;
const compile = (flow: Flow, on = arrival({ types })) => compileDag(dag({ name: "d", on, flow }));
let leaked: Value<string>;
let turn = 0;
/** What types refuse, and what a DAG in JavaScript or JSON may hold all the same. */
const untyped = (value: unknown) => value as never;

/** The wrong line of each flow is marked with its code, unless the whole definition is meant. */
const mistakes: readonly (readonly [code: string, message: string, flow: Flow])[] = [
  [
    "COMPARED_SYMBOL",
    "A value of the flow (read.n) is compared, calculated with or printed",
    (arrived) => {
      anything({ n: untyped(read(arrived).n) + 1 }); // COMPARED_SYMBOL
    },
  ],
  [
    "PRINTED_SYMBOL",
    "(object.key) is turned into JSON",
    (arrived) => {
      anything(JSON.stringify({ key: arrived.key })); // PRINTED_SYMBOL
    },
  ],
  [
    "ITERATED_SYMBOL",
    "use `map(list, (item) => …)`",
    (arrived) => {
      for (const line of untyped(read(arrived).list) as Iterable<string>) text(line); // ITERATED_SYMBOL
      text("x");
    },
  ],
  [
    "SPREAD_SYMBOL",
    "name the fields you want",
    (arrived) => {
      anything({ ...read(arrived), more: 1 }); // SPREAD_SYMBOL
    },
  ],
  [
    "ASSIGNED_SYMBOL",
    "values of a flow are read-only",
    (arrived) => {
      const value: { n: unknown } = untyped(read(arrived));
      value.n = 2; // ASSIGNED_SYMBOL
    },
  ],
  [
    "FIELD_OF_ROWS",
    "consume it in a task with `in: rows(Schema)`",
    (arrived) => {
      anything(untyped(parse(arrived))["n"]); // FIELD_OF_ROWS
    },
  ],
  [
    "FOREIGN_SYMBOL",
    "The input of text comes from another flow",
    () => {
      compileInside();
      text(leaked); // FOREIGN_SYMBOL
    },
  ],
  [
    "UNSERIALISABLE_CONSTANT",
    "The input of anything.by is a value of type function, which a plan cannot hold",
    (arrived) => {
      anything({ n: read(arrived).n, by: untyped(() => 1) }); // UNSERIALISABLE_CONSTANT
    },
  ],
  [
    "FLOW_THREW",
    "The flow threw: on purpose",
    () => {
      throw new Error("on purpose"); // FLOW_THREW
    },
  ],
  [
    "ASYNC_FLOW",
    "asynchronous work belongs into tasks",
    async (arrived) => {
      read(arrived);
    },
  ],
  [
    "FLOW_NOT_DETERMINISTIC",
    "wires something else each time it is run",
    (arrived) => {
      anything({ turn: turn++, of: read(arrived) });
    },
  ],
  [
    "TWO_TASKS_OF_ONE_NAME",
    'Two tasks are called "read"; the other stands in line',
    (arrived) => {
      read(arrived);
      readAgain(arrived);
    },
  ],
  [
    "AFTER_WHAT",
    "Input 2 of after is not what a task, match or map returned",
    (arrived) => {
      after([read(arrived), untyped("read")], rule.allDone, () => text("x")); // AFTER_WHAT
    },
  ],
  [
    "AFTER_NOTHING",
    "its rule has nothing to judge",
    () => {
      after([], rule.allDone, () => text("x")); // AFTER_NOTHING
    },
  ],
  [
    "MAP_OVER_ROWS",
    "map is for lists",
    (arrived) => {
      map(untyped(parse(arrived)), () => text("x")); // MAP_OVER_ROWS
    },
  ],
  [
    "MAP_YIELDS_ROWS",
    "Let it consume them and return a value",
    (arrived) => {
      map(read(arrived).list, () => untyped(parse(arrived))); // MAP_YIELDS_ROWS
    },
  ],
  [
    "MAP_NOT_LIST",
    "map goes over a value of type number; expected a list",
    (arrived) => {
      map(untyped(read(arrived).n) as Value<string[]>, (item) => text(item)); // MAP_NOT_LIST
    },
  ],
  [
    "WRONG_CONCURRENCY",
    "Found concurrency 0; expected a whole number from 1 to 500",
    (arrived) => {
      map(read(arrived).list, (item) => text(item), { concurrency: 0 }); // WRONG_CONCURRENCY
    },
  ],
  [
    "WRONG_TOLERANCE",
    'Found tolerate "120%"',
    (arrived) => {
      map(read(arrived).list, (item) => text(item), { tolerate: "120%" }); // WRONG_TOLERANCE
    },
  ],
  [
    "MATCH_ON_CONSTANT",
    'match branches by the constant "x"',
    () => {
      match(untyped("x"), { x: () => text("x") }); // MATCH_ON_CONSTANT
    },
  ],
  [
    "MIXED_BRANCHES",
    "Let all yield rows, or none",
    (arrived) => {
      match(arrived.type, { "text/csv": () => parse(arrived), otherwise: () => untyped(text("x")) }); // MIXED_BRANCHES
    },
  ],
  [
    "EMPTY_MATCH",
    "This match has no branches",
    (arrived) => {
      text("x");
      match(arrived.type, {}); // EMPTY_MATCH
    },
  ],
  [
    "MISSING_BRANCH",
    'Arrivals of type "application/json" have no branch',
    (arrived) => {
      match(arrived.type, { "text/csv": () => text("x") }); // MISSING_BRANCH
    },
  ],
  [
    "UNREACHABLE_BRANCH",
    'The branch "image/png" can never run: no arrival of this DAG has that type (text/csv, application/json)',
    (arrived) => {
      match(arrived.type, { "image/png": () => text("x"), otherwise: () => text("y") }); // UNREACHABLE_BRANCH
    },
  ],
  [
    "UNREACHABLE_BRANCH",
    '"text/*" before it takes everything',
    (arrived) => {
      match(arrived.type, { "text/*": () => text("x"), "text/csv": () => text("y"), otherwise: () => text("z") }); // UNREACHABLE_BRANCH 2
    },
  ],
  [
    "LEFT_MAP",
    '"text:2" uses "text", which is in the body of a map',
    (arrived) => {
      let inside: Value<string> | undefined;
      map(read(arrived).list, (item) => (inside = text(item)));
      text(untyped(inside)); // LEFT_MAP
    },
  ],
  [
    "WRONG_WIRE",
    'The input of "write" is a single value; its task expects a stream of rows',
    (arrived) => {
      write(untyped(read(arrived))); // WRONG_WIRE
    },
  ],
  [
    "WRONG_WIRE",
    'The input of "anything" is a stream of rows; its task expects a single value',
    (arrived) => {
      anything({ rows: untyped(parse(arrived)) }); // WRONG_WIRE 2
    },
  ],
  [
    "WRONG_WIRE",
    'The input of "text" is of type number; its task expects type string',
    (arrived) => {
      text(untyped(read(arrived).n)); // WRONG_WIRE 3
    },
  ],
  [
    "WRONG_WIRE",
    'The options of "mongo-documents" hold a stream of rows',
    (arrived) => {
      mongoDocuments(read(arrived), { collection: untyped(parse(arrived)) }); // WRONG_WIRE 4
    },
  ],
  [
    "WRONG_WIRE",
    'The input of "text" is of type number; its task expects type string',
    () => {
      text(untyped(3)); // WRONG_WIRE 5
    },
  ],
  [
    "WRONG_WIRE",
    'The input of "room" is of type boolean in "seats"; its task expects type number',
    (arrived) => {
      room({ name: arrived.key, seats: untyped(true) }); // WRONG_WIRE 6
    },
  ],
  [
    "WRONG_WIRE",
    'The input of "room" is without "name"; its task expects it',
    () => {
      room(untyped({ seats: 3 })); // WRONG_WIRE 7
    },
  ],
  [
    "UNSERIALISABLE_CONSTANT",
    "The input of anything.self is a part of itself",
    () => {
      const circle: { self?: unknown } = {};
      circle.self = circle;
      anything(untyped(circle)); // UNSERIALISABLE_CONSTANT 2
    },
  ],
  [
    "UNDO_IN_MAP",
    '"undone" has an `undo` and stands in the body of a map',
    (arrived) => {
      map(read(arrived).list, (item) => undone(item)); // UNDO_IN_MAP
    },
  ],
  [
    "HEARTBEAT_IN_MAP",
    "the engine itself heartbeats for the items",
    (arrived) => {
      map(read(arrived).list, (item) => beating(item)); // HEARTBEAT_IN_MAP
    },
  ],
];

function compileInside(): void {
  leaked = untyped(outer.key);
}
let outer: { readonly key: Value<string> };
compile((arrived) => {
  outer = arrived;
  text("x");
});

const lines = readFileSync(new URL(import.meta.url), "utf8").split("\n");
const seen = new Map<string, number>();

describe("compileDag", () => {
  it.each(mistakes)("reports %s: %s", (code, message, flow) => {
    const number = (seen.get(code) ?? 0) + 1;
    seen.set(code, number);
    const marked = lines.findIndex((line) => line.endsWith(`// ${code}${number === 1 ? "" : ` ${number}`}`)) + 1;
    const definition = dag({ name: "d", on: arrival({ types }), flow });
    const found = compileDag(definition).problems.filter((problem) => problem.code === code && problem.message.includes(message));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ file: expect.stringMatching(/compile\.test\.ts$/), line: marked || definition.place.line });
  });

  it("reports everything that is wrong at once", () => {
    const { problems } = compile((arrived) => {
      text(`${arrived.key as unknown as string}`);
      match(arrived.type, { "text/csv": () => text("x") });
      map(read(arrived).list, (item) => text(item), { concurrency: 1_000 });
    });
    expect(problems.map(({ code }) => code).toSorted()).toEqual(["COMPARED_SYMBOL", "MISSING_BRANCH", "WRONG_CONCURRENCY"]);
  });

  it("reports what is wrong with a DAG as a whole where it is defined", () => {
    const [definition, line] = [
      dag({ name: "No spaces!", on: [], flow: () => {} }),
      lines.findIndex((text) => text.includes('"No spaces!"')) + 1,
    ];
    const { problems } = compileDag(definition);
    expect(problems.map(({ code }) => code)).toEqual(["WRONG_DAG_NAME", "NO_ARRIVAL", "EMPTY_DAG"]);
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
