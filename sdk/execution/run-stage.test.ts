import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { retryable, SluiceError, terminal } from "../contracts/errors.ts";
import { after, arrival, dag, match, object, rows, rule, task } from "../index.ts";
import { advance } from "../interpreter/advance.ts";
import { compileDag } from "../plan/compile.ts";
import { nodeOf } from "../plan/graph.ts";
import { createBench } from "../testing/bench.ts";
import { testObject } from "../testing/test-object.ts";
import { type NodeOutcome, runStage, type StageDependencies } from "./run-stage.ts";

const Row = z.object({ n: z.number() });
const arrived = testObject({ key: "roof.csv", content: "" });

async function* numbers(count: number) {
  for (let n = 1; n <= count; n++) yield { n };
}
async function sum(input: AsyncIterable<{ n: number }>): Promise<number> {
  let total = 0;
  for await (const { n } of input) total += n;
  return total;
}

const produce = (run: (count: number) => AsyncIterable<{ n: number }>, count = 2_000) =>
  task({ name: "produce", in: object, out: rows(Row), run: () => run(count) });
const consumer = (name: string, run: (input: AsyncIterable<{ n: number }>) => number | Promise<number>) =>
  task({ name, in: rows(Row), out: z.number(), run });
const add = consumer("add", sum);

/** Runs the first stage of a flow. */
async function stage(flow: Parameters<typeof dag>[0]["flow"], replaced: Partial<StageDependencies> = {}) {
  const { plan, tasks, problems } = compileDag(dag({ name: "d", on: arrival(), flow }));
  expect(problems).toEqual([]);
  const environment = { object: arrived, settled: {}, items: {} };
  const ready = advance(plan, environment).stages[0];
  if (!ready) throw new Error("nothing is ready");
  const nodes = ready.nodes.map((id) => nodeOf(plan, id)).filter((node) => node !== undefined);
  const bench = createBench(plan, tasks, { object: arrived });
  const outcomes = await runStage(
    { nodes, cases: ready.cases, spools: ready.stage.spools, environment },
    { ...bench.attempt(1), ...replaced },
  );
  return Object.fromEntries(outcomes);
}

function worth(outcome: NodeOutcome | undefined): unknown {
  if (outcome?.status === "failed") return `${outcome.upstream ? "upstream " : ""}${outcome.failure.code} ${outcome.failure.kind}`;
  return outcome && ("rows" in outcome ? `${outcome.rows} rows` : outcome.value);
}
const worths = (outcomes: { [node: string]: NodeOutcome }) =>
  Object.fromEntries(Object.entries(outcomes).map(([id, outcome]) => [id, worth(outcome)]));

describe("runStage", () => {
  it("says of a consumer whose rows ended early whether one had come to it", async () => {
    const ends = (count: number) =>
      produce(async function* () {
        yield* numbers(count);
        throw new Error("broken");
      });
    const untouched = async (count: number) => {
      const { add: outcome } = await stage((object) => add(ends(count)(object)));
      return outcome?.status === "failed" && outcome.upstream && outcome.untouched;
    };
    expect([await untouched(0), await untouched(2_000)]).toEqual([true, undefined]);
  });

  it("streams from a producer through a transformation to two sinks", async () => {
    const double = task({
      name: "double",
      in: rows(Row),
      out: rows(Row),
      async *run(input) {
        for await (const { n } of input) yield { n: 2 * n };
      },
    });
    const outcomes = await stage((arrival) => {
      const read = produce(numbers)(arrival);
      add(read);
      consumer("add-doubled", sum)(double(read));
    });
    expect(worths(outcomes)).toEqual({ produce: "2000 rows", double: "2000 rows", add: 2_001_000, "add-doubled": 4_002_000 });
  });

  it("does not stop the neighbours of a consumer that fails", async () => {
    const outcomes = await stage((arrival) => {
      const read = produce(numbers)(arrival);
      add(read);
      consumer("fail", async (input) => {
        for await (const _ of input) throw retryable("SINK_UNAVAILABLE", "It is away.");
        return 0;
      })(read);
    });
    expect(worths(outcomes)).toEqual({ produce: "2000 rows", add: 2_001_000, fail: "SINK_UNAVAILABLE retryable" });
  });

  it("does not wait for a body that never reads its rows, or leaves them", async () => {
    const outcomes = await stage((arrival) => {
      const read = produce(numbers, 50_000)(arrival);
      add(read);
      consumer("ignore", () => -1)(read);
      consumer("peek", async (input) => {
        for await (const { n } of input) return n;
        return 0;
      })(read);
    });
    expect(worths(outcomes)).toEqual({ produce: "50000 rows", add: 1_250_025_000, ignore: -1, peek: 1 });
  });

  it("marks consumers whose producer failed, with its reason and kind", async () => {
    async function* broken() {
      yield* numbers(600);
      throw terminal("MALFORMED", "Line 601 is no number.", { place: { line: 601 } });
    }
    const outcomes = await stage((arrival) => void add(produce(broken)(arrival)));
    expect(worths(outcomes)).toEqual({ produce: "MALFORMED terminal", add: "upstream UPSTREAM_FAILED terminal" });
    expect(outcomes["add"]).toMatchObject({
      failure: { task: "add", message: "Its rows ended early, because produce failed: Line 601 is no number." },
    });
  });

  it("knows a producer's failure whatever a consumer makes of it", async () => {
    async function* broken() {
      yield* numbers(1);
      throw retryable("SINK_UNAVAILABLE", "It is away.");
    }
    const wrap = consumer("wrap", async (input) => {
      try {
        return await sum(input);
      } catch (cause) {
        throw new SluiceError("terminal", "WRAPPED", "Something went wrong.", { cause });
      }
    });
    expect(worths(await stage((arrival) => void wrap(produce(broken)(arrival))))).toEqual({
      produce: "SINK_UNAVAILABLE retryable",
      wrap: "upstream UPSTREAM_FAILED retryable",
    });
  });

  it("ends the consumers of a producer that throws before its first row, or whose input does not fit", async () => {
    const throwing = task({
      name: "produce",
      in: object,
      out: rows(Row),
      run: () => {
        throw terminal("NO_HEADER", "There is no header.");
      },
    });
    expect(worths(await stage((arrival) => void add(throwing(arrival))))).toEqual({
      produce: "NO_HEADER terminal",
      add: "upstream UPSTREAM_FAILED terminal",
    });
    const choosy = task({ name: "produce", in: z.string().max(3), out: rows(Row), run: () => numbers(1) });
    expect(worths(await stage((arrival) => void add(choosy(arrival.key))))).toEqual({
      produce: "SCHEMA_MISMATCH terminal",
      add: "upstream UPSTREAM_FAILED terminal",
    });
  });

  it("says what is wrong with a producer that returns no rows", async () => {
    const wrong = task({ name: "produce", in: object, out: rows(Row), run: () => undefined as never });
    expect(worths(await stage((arrival) => void add(wrong(arrival))))).toEqual({
      produce: "NO_ROWS terminal",
      add: "upstream UPSTREAM_FAILED terminal",
    });
  });

  it("names the row and the field that do not fit the schema of their producer", async () => {
    async function* wrong() {
      yield { n: 1 };
      yield { n: "two" as unknown as number };
    }
    const outcomes = await stage((arrival) => void add(produce(wrong)(arrival)));
    expect(outcomes["produce"]).toMatchObject({
      failure: {
        code: "SCHEMA_MISMATCH",
        kind: "terminal",
        place: { row: 2, pointer: "/n" },
        message:
          'The task\'s row 2 for test/roof.csv does not fit its schema at /n: found "two"; expected number. Mend the data, or the schema of the task.',
      },
    });
  });

  it("names the output that does not fit the schema of its task", async () => {
    const wrong = task({ name: "make", in: object, out: z.number(), run: () => "two" as never });
    expect((await stage((arrival) => void wrong(arrival)))["make"]).toMatchObject({
      failure: {
        code: "SCHEMA_MISMATCH",
        message: expect.stringMatching(/^The task's output for test\/roof\.csv does not fit its schema: found "two"/),
      },
    });
  });

  it("says in which line of its author's file a task threw what it did not mean to", async () => {
    const careless = task({
      name: "careless",
      in: object,
      out: z.string(),
      run: ({ metadata }) => (metadata["unit"] as unknown as { name: string }).name,
    });
    const line =
      readFileSync(import.meta.filename, "utf8")
        .split("\n")
        .findIndex((text) => text.includes("as unknown as { name: string }).name")) + 1;
    const source = expect.stringMatching(new RegExp(`^run-stage\\.test\\.ts:${line}:\\d+$`));
    expect((await stage((arrival) => void careless(arrival)))["careless"]).toMatchObject({
      failure: {
        code: "TASK_THREW",
        kind: "retryable",
        place: { source },
        message: expect.stringMatching(/reading 'name'\) \(thrown at run-stage\.test\.ts:\d+:\d+\)$/),
      },
    });
  });

  it("says so of a producer that threw while its rows were read", async () => {
    async function* broken() {
      yield { n: 1 };
      throw new RangeError("Too far.");
    }
    expect((await stage((arrival) => void add(produce(broken)(arrival))))["produce"]).toMatchObject({
      failure: { code: "TASK_THREW", place: { source: expect.stringMatching(/^run-stage\.test\.ts:/) } },
    });
  });

  it("passes the rows of a trusted producer on as they are", async () => {
    const trusted = task({
      name: "produce",
      in: object,
      out: rows(Row, { trusted: true }),
      async *run() {
        yield { n: 1, more: "kept" };
      },
    });
    const look = task({ name: "look", in: rows(Row), out: z.unknown(), run: (input) => Array.fromAsync(input) });
    expect(worths(await stage((arrival) => void look(trusted(arrival))))).toEqual({ produce: "1 rows", look: [{ n: 1, more: "kept" }] });
  });

  it("keeps a stream that is read elsewhere, and stops for nobody else", async () => {
    const kept: unknown[] = [];
    const outcomes = await stage(
      (arrival) => {
        const read = produce(numbers, 3)(arrival);
        consumer("ignore", () => 0)(read);
        after([read], rule.allSuccess, () => add(read));
      },
      {
        async spool(node, stream) {
          for await (const row of stream) kept.push(row);
          return { work: node, size: 9, length: kept.length };
        },
      },
    );
    expect(outcomes["produce"]).toMatchObject({ rows: 3, at: { work: "produce", length: 3 } });
    expect(kept).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it("fails a producer whose rows cannot be kept, and serves its consumers all the same", async () => {
    const outcomes = await stage(
      (arrival) => {
        const read = produce(numbers)(arrival);
        add(read);
        after([read], rule.allSuccess, () => consumer("later", sum)(read));
      },
      { spool: () => Promise.reject(retryable("WORK_AREA_UNAVAILABLE", "It is away.")) },
    );
    expect(worths(outcomes)).toEqual({ produce: "WORK_AREA_UNAVAILABLE retryable", add: 2_001_000 });
  });

  it("gives a match of rows the outcome of the branch it takes", async () => {
    const other = task({ name: "other", in: object, out: rows(Row), run: () => numbers(1) });
    const outcomes = await stage(
      (arrival) => void add(match(arrival.type, { "text/csv": () => produce(numbers)(arrival), otherwise: () => other(arrival) })),
    );
    expect(worths(outcomes)).toEqual({ produce: "2000 rows", match: "2000 rows", add: 2_001_000 });
  });

  it("takes a record of inputs apart also where it is one value of the flow", async () => {
    const describe = task({
      name: "describe",
      in: { key: z.string(), size: z.number() },
      out: z.string(),
      run: ({ key, size }) => `${key} ${size}`,
    });
    expect(worths(await stage((arrival) => void describe(arrival)))).toEqual({ describe: "roof.csv 0" });
  });

  it("gives up what has not ended when it is late, and keeps how the rest ended", async () => {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const hang = consumer("hang", async (input) => {
      await sum(input);
      setTimeout(() => reject(retryable("TASK_TIMED_OUT", "It took too long.")), 5);
      return await new Promise(() => {});
    });
    const outcomes = await stage(
      (arrival) => {
        const read = produce(numbers, 3)(arrival);
        add(read);
        hang(read);
      },
      { late },
    );
    expect(worths(outcomes)).toEqual({ produce: "3 rows", add: 6, hang: "TASK_TIMED_OUT retryable" });
  });
});
