import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../sdk/contracts/json.ts";
import type { Integrator, TaskContext } from "../../sdk/execution/context.ts";
import { freshContext, streamOf } from "./context-under-test.ts";

/** What the suite needs to know of an integrator that takes rows. */
export type IntegratorUnderTest = {
  readonly integrator: Integrator;
  /** The same on a client whose server is not there. */
  readonly unreachable: Integrator;
  readonly options: JsonObject;
  /** The nth row, from 1: different rows make different things; `lane` keeps objects apart that may lie side by side. */
  readonly row: (number: number, lane: string) => object;
  /** How many points, documents or graph parts `rows` rows of one lane make. */
  readonly parts: (rows: number) => number;
  readonly bad: { readonly row: unknown; readonly code: string };
  /** What the sink holds of an object, asked without the integrator. */
  readonly readBack: (context: TaskContext) => Promise<number>;
  /** Write requests sent to the sink so far. */
  readonly requests: () => number;
  /** Rows of the test of size: many times what is held at once, and few enough for the server to take in seconds. */
  readonly many: number;
};

export function integratorContract(name: string, under: IntegratorUnderTest): void {
  const { integrator, options, row, parts, readBack, many } = under;
  const rows = (count: number, lane: string) => Array.from({ length: count }, (_, index) => row(index + 1, lane));
  const write = (count: number, lane: string, context: TaskContext) => integrator.write(streamOf(rows(count, lane)), options, context);

  describe(`${name}, as every integrator,`, () => {
    it("says in its receipt what can be read back, and writing twice changes nothing", async () => {
      const context = freshContext();
      const receipt = await write(250, "twice", context);
      expect(receipt.count).toBe(parts(250));
      expect(await readBack(context)).toBe(receipt.count);
      expect(await write(250, "twice", context)).toEqual(receipt);
      expect(await readBack(context)).toBe(receipt.count);
      expect(await integrator.undo(receipt, context)).toBe(receipt.count);
      expect(await readBack(context)).toBe(0);
    });

    it("undoes its own object and leaves its neighbours alone", async () => {
      const [mine, neighbour] = [freshContext(), freshContext()];
      const [receipt, other] = await Promise.all([write(60, "mine", mine), write(60, "theirs", neighbour)]);
      await integrator.undo(receipt, mine);
      expect([await readBack(mine), await readBack(neighbour)]).toEqual([0, parts(60)]);
      expect(await integrator.undo(receipt, mine)).toBe(0);
      expect(await readBack(neighbour)).toBe(parts(60));
      await integrator.undo(other, neighbour);
    });

    it("finds by its suspicion all that a write left that nobody saw end, whether its options are known or not, and no neighbour's", async () => {
      const [known, unknown, neighbour] = [freshContext(), freshContext(), freshContext()];
      for (const context of [known, unknown]) await write(60, "mine", context);
      const other = await write(60, "theirs", neighbour);
      await integrator.undo(integrator.suspect(options, known.object), known);
      const { database } = options;
      await integrator.undo(integrator.suspect(database === undefined ? {} : { database }, unknown.object), unknown);
      expect(await Promise.all([known, unknown, neighbour].map(readBack))).toEqual([0, 0, parts(60)]);
      await integrator.undo(other, neighbour);
    });

    it("writes nothing for no rows, and says so", async () => {
      const context = freshContext();
      const receipt = await write(0, "none", context);
      expect(receipt.count).toBe(0);
      await expect(integrator.undo(receipt, context)).resolves.toBe(0);
    });

    it("shares requests between objects that are processed at once", async () => {
      const contexts = Array.from({ length: 100 }, () => freshContext());
      const before = under.requests();
      const receipts = await Promise.all(contexts.map((context, index) => write(10, `shared-${index}`, context)));
      expect(under.requests() - before).toBeLessThan(25);
      expect(receipts.map(({ count }) => count)).toEqual(contexts.map(() => parts(10)));
      for (const [index, receipt] of receipts.entries()) await integrator.undo(receipt, contexts[index] ?? freshContext());
    });

    it("refuses a bad row with its place, fails nobody else, and leaves nothing of the object behind", async () => {
      const [guilty, innocent] = [freshContext(), freshContext()];
      const both = await Promise.allSettled([
        integrator.write(streamOf([...rows(6_000, "guilty"), under.bad.row]), options, guilty),
        write(50, "innocent", innocent),
      ]);
      expect(both[0]).toMatchObject({ status: "rejected", reason: { code: under.bad.code, kind: "terminal", place: { row: 6_001 } } });
      expect(both[1]).toMatchObject({ status: "fulfilled", value: { count: parts(50) } });
      expect(await readBack(guilty)).toBe(0);
      if (both[1].status === "fulfilled") await integrator.undo(both[1].value, innocent);
    });

    it("calls a sink that is away a matter for trying again", async () => {
      const context = freshContext();
      await expect(under.unreachable.write(streamOf(rows(3, "away")), options, context)).rejects.toMatchObject({
        code: "SINK_UNAVAILABLE",
        kind: "retryable",
      });
    });

    it("stops at the signal and closes its input", async () => {
      const controller = new AbortController();
      const context = freshContext({}, controller.signal);
      let closed = false;
      async function* endless() {
        try {
          for (let number = 1; ; number += 1) {
            if (number === 2_000) controller.abort(new Error("cancelled"));
            yield row(number, "cancelled");
          }
        } finally {
          closed = true;
        }
      }
      await expect(integrator.write(endless(), options, context)).rejects.toThrow("cancelled");
      expect(closed).toBe(true);
    });

    it(`holds little of ${many} rows in memory at any time`, { timeout: 180_000 }, async () => {
      const context = freshContext();
      const used: number[] = [];
      async function* measured() {
        for (let number = 1; number <= many; number += 1) {
          if (number % (many / 5) === 0) used.push(heapInUse());
          yield row(number, "many");
        }
      }
      const receipt = await integrator.write(measured(), options, context);
      expect(receipt.count).toBe(parts(many));
      expect(await readBack(context)).toBe(receipt.count);
      expect(Math.max(...used) - (used[0] ?? 0)).toBeLessThan(many * bytesARow);
      await integrator.undo(receipt, context);
      expect(await readBack(context)).toBe(0);
    });
  });
}

/** Far less than a row takes in memory: the growth allowed from a fifth of the rows to all of them. */
const bytesARow = 250;

setFlagsFromString("--expose-gc");
const collectGarbage: unknown = runInNewContext("gc");

function heapInUse(): number {
  if (typeof collectGarbage === "function") collectGarbage();
  return process.memoryUsage().heapUsed;
}
