import { describe, expect, it } from "vitest";
import { z } from "zod";
import { after, arrival, dag, map, match, mime, object, retryable, rows, rule, task, terminal } from "../index.ts";
import { influxPoints, mongoDocuments } from "../integrators.ts";
import { runDag, testObject } from "./index.ts";

const Reading = z.object({ sensor: z.string(), time: z.coerce.date(), value: z.number() });
const parseCsv = task({
  name: "parse-csv",
  in: object,
  out: rows(Reading),
  async *run(arrived) {
    for (const line of (await arrived.text()).split("\n").filter(Boolean)) {
      const [sensor = "", value = ""] = line.split(";");
      yield { sensor, time: "2026-01-01T00:00:00Z", value: Number(value) };
    }
  },
});
const notify = task({
  name: "notify",
  in: z.object({ key: z.string(), status: z.string(), why: z.string().nullable() }),
  run: ({ key, status, why }, { log }) => log.warn(`${key} ${status}: ${why}`),
});
const lines = task({ name: "lines", in: object, out: z.array(z.string()), run: async (arrived) => (await arrived.text()).split("\n") });
const measure = task({
  name: "measure",
  in: z.string(),
  out: z.number(),
  run: (line) => {
    if (line === "") throw terminal("EMPTY_LINE", "A line is empty.");
    return line.length;
  },
});

const campus = (recovers = false) =>
  dag({
    name: "campus",
    on: arrival({ types: [mime.csv, mime.json] }),
    flow(arrived) {
      const readings = match(arrived.type, { [mime.csv]: () => parseCsv(arrived), otherwise: () => parseCsv(arrived) });
      const points = influxPoints(readings, { measurement: "readings", tags: ["sensor"] });
      mongoDocuments(readings, { collection: "readings" });
      after([points], rule.anyFailed, ([result]) => notify({ key: arrived.key, status: result.status, why: result.failure.message }), {
        recovers,
      });
    },
  });
const roof = testObject({ key: "roof.csv", content: "a;1\nb;2\n" });
const down = { "influx-points": () => Promise.reject(retryable("SINK_UNAVAILABLE", "InfluxDB is away.")) };

describe("runDag", () => {
  it("runs the tasks of the branch that the object's type takes, and gives each sink every row", async () => {
    const run = await runDag(campus(), { object: roof });
    expect(run.status).toBe("success");
    expect(run.ran.map(({ node, status }) => `${node} ${status}`).toSorted()).toEqual([
      "influx-points success",
      "mongo-documents success",
      "parse-csv success",
    ]);
    expect(run.ran.find(({ node }) => node === "parse-csv")).toMatchObject({ input: "test/roof.csv", rows: 2 });
    expect(run.ran.find(({ node }) => node === "influx-points")?.input).toBe("rows of match");
    const expected = { sensor: "b", time: new Date("2026-01-01T00:00:00Z"), value: 2 };
    expect(run.written["influx-points"]?.[1]).toEqual(expected);
    expect(run.written["mongo-documents"]?.[1]).toEqual(expected);
    expect(run.settled).toMatchObject({ "parse-csv:2": { status: "skipped" }, notify: { status: "skipped" } });
  });

  it("tries a failed sink again with its producer, and leaves the neighbour that succeeded alone", async () => {
    const said: string[] = [];
    const run = await runDag(campus(), {
      object: roof,
      replace: down,
      onLog: ({ task: name, message }) => said.push(`${name}: ${message}`),
    });
    expect(run).toMatchObject({ status: "failed", failure: { code: "SINK_UNAVAILABLE", task: "influx-points" } });
    const tries = (node: string) => run.ran.filter((ran) => ran.node === node).length;
    expect([tries("parse-csv"), tries("influx-points"), tries("mongo-documents"), tries("notify")]).toEqual([3, 3, 1, 1]);
    expect(run.written["mongo-documents"]).toHaveLength(2);
    expect(said).toEqual(["notify: roof.csv failed: InfluxDB is away."]);
  });

  it("succeeds after a failure that an after recovers", async () => {
    expect((await runDag(campus(true), { object: roof, replace: down })).status).toBe("success");
  });

  it("does not try again what failed terminally", async () => {
    const run = await runDag(campus(), {
      object: roof,
      replace: {
        "parse-csv": () => {
          throw terminal("RAGGED", "Line 2 is short.");
        },
      },
    });
    expect(run.ran.map(({ node, status }) => `${node} ${status}`).toSorted()).toEqual([
      "influx-points upstreamFailed",
      "mongo-documents upstreamFailed",
      "notify success",
      "parse-csv failed",
    ]);
    expect(run.failure).toMatchObject({ code: "RAGGED", task: "parse-csv" });
  });

  it("gives a failing attempt after a good one its own number, and keeps the good result", async () => {
    let tries = 0;
    const flaky = task({
      name: "flaky",
      in: object,
      out: z.number(),
      run: (_, { attempt }) => {
        if (++tries < 3) throw retryable("AWAY", "It is away.");
        return attempt;
      },
    });
    const run = await runDag(dag({ name: "d", on: arrival(), flow: (arrived) => flaky(arrived) }), { object: roof });
    expect(run.ran).toMatchObject([
      { attempt: 1, status: "failed" },
      { attempt: 2, status: "failed" },
      { attempt: 3, status: "success", value: 3 },
    ]);
  });

  const measured = (options: { tolerate?: number | `${number}%` }) =>
    dag({ name: "measured", on: arrival(), flow: (arrived) => void map(lines(arrived), (line) => measure(line), options) });

  it("maps in the order of the items", async () => {
    const run = await runDag(measured({}), { object: testObject({ content: "a\nbbb\ncc" }) });
    expect(run.settled["map"]).toEqual({ status: "success", value: { inline: [1, 3, 2] } });
  });

  it("fails a map of which more items failed than it tolerates", async () => {
    const some = testObject({ content: "a\n\ncc" });
    expect(await runDag(measured({}), { object: some })).toMatchObject({
      status: "failed",
      failure: { code: "EMPTY_LINE", message: expect.stringContaining("1 of 3 items") },
    });
    expect((await runDag(measured({ tolerate: "40%" }), { object: some })).settled["map"]).toMatchObject({
      status: "success",
      value: {
        inline: [
          { status: "success", value: 1 },
          { status: "failed", failure: { code: "EMPTY_LINE" } },
          { status: "success", value: 2 },
        ],
      },
    });
  });

  it("maps within maps, each item with the items around it", async () => {
    const nested = task({
      name: "nested",
      in: object,
      out: z.array(z.object({ name: z.string(), list: z.array(z.string()) })),
      run: () => [
        { name: "x", list: ["1", "2"] },
        { name: "y", list: ["3"] },
      ],
    });
    const joined = task({ name: "joined", in: z.array(z.string()), out: z.string(), run: (parts) => parts.join("") });
    const run = await runDag(
      dag({
        name: "d",
        on: arrival(),
        flow: (arrived) => void map(nested(arrived), (group) => map(group.list, (item) => joined([arrived.key, group.name, item]))),
      }),
      { object: testObject({ key: "k", content: "" }) },
    );
    expect(run.settled["map"]).toMatchObject({ value: { inline: [["kx1", "kx2"], ["ky3"]] } });
  });

  it("collects what an integrator is given over all items of a map", async () => {
    const wrap = task({ name: "wrap", in: z.string(), out: z.object({ line: z.string() }), run: (line) => ({ line }) });
    const run = await runDag(
      dag({
        name: "d",
        on: arrival(),
        flow: (arrived) => void map(lines(arrived), (line) => mongoDocuments(wrap(line), { collection: "lines", id: ["line"] })),
      }),
      { object: testObject({ content: "a\nb" }) },
    );
    expect(run.written).toEqual({ "mongo-documents": [{ line: "a" }, { line: "b" }] });
  });

  it("runs no item of a map whose body needs something that failed", async () => {
    const failing = task({
      name: "failing",
      in: object,
      out: z.string(),
      retry: { attempts: 1 },
      run: () => Promise.reject(new Error("no")),
    });
    const both = task({ name: "both", in: z.array(z.string()), run: () => {} });
    const run = await runDag(
      dag({
        name: "d",
        on: arrival(),
        flow(arrived) {
          const word = failing(arrived);
          map(lines(arrived), (line) => void both([line, word]));
        },
      }),
      { object: roof },
    );
    expect(run.ran.map(({ node }) => node)).not.toContain("both");
    expect(run.settled["map"]).toMatchObject({ status: "failed", upstream: true });
  });

  it("fails a match that has no branch for what it meets, saying which it has", async () => {
    const kind = task({ name: "kind", in: object, out: z.string(), run: () => "other" });
    const run = await runDag(
      dag({
        name: "d",
        on: arrival(),
        flow: (arrived) => void match(kind(arrived), { one: () => lines(arrived), two: () => lines(arrived) }),
      }),
      { object: roof },
    );
    expect(run.failure).toMatchObject({
      code: "NO_BRANCH",
      kind: "terminal",
      message: expect.stringContaining('met "other", for which it has no branch; expected one, two'),
    });
  });

  it("undoes what succeeded, the last first, with the values that the tasks returned", async () => {
    const undone: unknown[] = [];
    const step = (name: string) =>
      task({ name, in: z.date(), out: z.date(), run: (date) => date, undo: (date) => void undone.push([name, date]) });
    const fail = task({ name: "fail", in: z.date(), run: () => Promise.reject(terminal("NO", "No.")) });
    const start = new Date("2026-01-01T00:00:00Z");
    const run = await runDag(dag({ name: "d", on: arrival(), flow: () => fail(step("second")(step("first")(start))) }), { object: roof });
    expect(run.undone).toEqual(["second", "first"]);
    expect(undone).toEqual([
      ["second", start],
      ["first", start],
    ]);
  });

  it("refuses a value that cannot be passed between tasks", async () => {
    const make = task({ name: "make", in: object, out: z.unknown(), run: () => ({ call: () => 1 }) });
    const run = await runDag(dag({ name: "d", on: arrival(), flow: (arrived) => make(arrived) }), { object: roof });
    expect(run.failure).toMatchObject({
      code: "NOT_SERIALISABLE",
      kind: "terminal",
      task: "make",
      message: expect.stringContaining("The output of make.call is a function"),
    });
    expect(run.ran).toHaveLength(1);
  });

  it("gives tasks what is known of the object as plain data where they ask for it as a value", async () => {
    const look = task({ name: "look", in: z.record(z.string(), z.unknown()), out: z.array(z.string()), run: (info) => Object.keys(info) });
    const run = await runDag(dag({ name: "d", on: arrival(), flow: (arrived) => look(arrived) }), { object: roof });
    expect(run.settled["look"]).toMatchObject({ value: { inline: expect.not.arrayContaining(["read", "text"]) } });
  });

  it("throws every problem of a DAG that does not compile", async () => {
    const wrong = dag({
      name: "wrong",
      on: arrival(),
      flow: (arrived) => void map(lines(arrived), (line) => measure(line), { concurrency: 0, tolerate: -1 }),
    });
    await expect(runDag(wrong, { object: roof })).rejects.toThrow(
      /2 problem\(s\)[^]*run-dag\.test\.ts:\d+ Found concurrency 0[^]*Found tolerate -1/,
    );
  });
});

describe("testObject", () => {
  it("has a type by its extension, and content that can be read in part", async () => {
    const given = testObject({ key: "a.json", content: "\uFEFF{}" });
    expect([given.type, given.size, await given.text()]).toEqual(["application/json", 5, "{}"]);
    const parts = await Array.fromAsync(given.read({ start: 3, end: 4 }));
    expect(new TextDecoder().decode(parts[0])).toBe("{");
  });

  it("refuses content that is not UTF-8, as the lake does", async () => {
    await expect(testObject({ content: Uint8Array.of(0xff) }).text()).rejects.toMatchObject({ code: "WRONG_ENCODING", kind: "terminal" });
  });
});
