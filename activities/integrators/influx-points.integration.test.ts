import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEnvironment } from "../../infra/config.ts";
import { createInfluxClient } from "../../infra/influx.ts";
import { freshContext, streamOf } from "./context-under-test.ts";
import { integratorContract } from "./contract.ts";
import { createInfluxPoints } from "./influx-points.ts";

const settings = { ...readEnvironment(), SLUICE_INFLUX_DATABASE: `points-${process.pid}` };
const influx = createInfluxClient(settings);
const absent = createInfluxClient({ ...settings, SLUICE_INFLUX_URL: "http://127.0.0.1:9" });
let requests = 0;
const integrator = createInfluxPoints({
  ...influx,
  write(lines) {
    requests += 1;
    return influx.write(lines);
  },
});
const start = Date.UTC(2026, 0, 1);

async function countOf(object: number, measurement = "/.*/"): Promise<number> {
  const [series = []] = await influx.query(`SELECT count("object") FROM ${measurement} WHERE "object" = ${object}`);
  return series.reduce((sum, { values }) => sum + Number(values[0]?.[1]), 0);
}

async function points(measurement: string) {
  const [series = []] = await influx.query(`SELECT * FROM "${measurement}" GROUP BY *`);
  return series.map(({ tags, columns, values }) => ({
    tags,
    rows: values.map((value) => Object.fromEntries(columns.map((column, at) => [column, value[at]]))),
  }));
}

beforeAll(() => influx.createDatabase());

// Rows of two lanes lie in the same series, one second apart, so that undo has neighbours between its points.
integratorContract("influx-points", {
  integrator,
  unreachable: createInfluxPoints(absent),
  options: { measurement: "readings", tags: ["sensor"], fields: ["value"] },
  row: (number, lane) => ({ sensor: `s${number % 10}`, time: start + number * 1_000 + offsetOf(lane), value: number / 3 }),
  parts: (rows) => rows,
  bad: { row: { sensor: "s", time: start, value: Number.NaN }, code: "NOT_A_NUMBER" },
  readBack: ({ object }) => countOf(object.number),
  requests: () => requests,
  many: 100_000,
});

/** Lanes share series and must not share points. */
function offsetOf(lane: string): number {
  const lanes = ["twice", "mine", "theirs", "none", "guilty", "innocent", "away", "cancelled", "many"];
  const known = lanes.indexOf(lane);
  return known >= 0 ? known : 10 + Number(lane.replace("shared-", ""));
}

describe("influx-points", () => {
  afterAll(async () => {
    await influx.query(`DROP DATABASE "${settings.SLUICE_INFLUX_DATABASE}"`);
    await Promise.all([influx[Symbol.asyncDispose](), absent[Symbol.asyncDispose]()]);
  });

  const odd = ["a b", "a,b", "a=b", "ça va 😀", 'quo"te', "o'clock", "in\\side", "\\", "ends \\", "two\nlines", "tab\t", "🏠,=\\ \\"];

  it("writes, finds and undoes tags and texts with every odd character", async () => {
    const context = freshContext();
    const rows = odd.map((tag, at) => ({
      measurement: `odd ${tag}`,
      time: start + at,
      tags: { [`t ${tag}`]: tag },
      fields: { [`f ${tag}`]: tag },
    }));
    const receipt = await integrator.write(streamOf(rows), {}, context);
    expect(receipt.count).toBe(odd.length);
    expect(await countOf(context.object.number)).toBe(odd.length);
    const [series = []] = await influx.query(`SELECT * FROM /^odd.*/ GROUP BY *`);
    const plain = odd.filter((text) => !/\n|\\(?=[,= ]|$)/.test(text));
    const tags = series.flatMap(({ tags: found = {} }) => Object.values(found)).filter((tag) => tag !== "");
    expect(tags).toEqual(expect.arrayContaining(plain));
    expect(tags).toEqual(expect.arrayContaining(["\uFF3C", "ends \uFF3C", "two\\nlines", "🏠,=\uFF3C \uFF3C"]));
    const texts = series.flatMap(({ values }) => values.flat());
    expect(texts).toEqual(expect.arrayContaining(odd));
    await integrator.undo(receipt, context);
    expect(await countOf(context.object.number)).toBe(0);
  });

  it("undoes the point of a series without a tag and not that of the series with it", async () => {
    const [mine, neighbour] = [freshContext(), freshContext()];
    const options = { measurement: "untagged", tags: ["room"] };
    const receipt = await integrator.write(streamOf([{ room: null, time: start, value: 1 }]), options, mine);
    await integrator.write(streamOf([{ room: "302", time: start, value: 2 }]), options, neighbour);
    await integrator.undo(receipt, mine);
    expect(await points("untagged")).toMatchObject([{ tags: { room: "302" }, rows: [{ value: 2, object: neighbour.object.number }] }]);
  });

  it("undoes a point though many series of others come before its own", async () => {
    const options = { measurement: "crowded", tags: ["sensor"] };
    const rows = Array.from({ length: 60 }, (_, at) => ({ sensor: `a${at}`, time: start, value: at }));
    const [crowd, mine] = [freshContext(), freshContext()];
    await integrator.write(streamOf(rows), options, crowd);
    const receipt = await integrator.write(streamOf([{ sensor: "z", time: start, value: 1 }]), options, mine);
    await integrator.undo(receipt, mine);
    expect([await countOf(mine.object.number), await countOf(crowd.object.number)]).toEqual([0, 60]);
  });

  it("undoes points without reading all that others have between them", async () => {
    const [crowd, mine] = [freshContext(), freshContext()];
    const options = { measurement: "between" };
    const at = (second: number) => ({ time: start + second * 1_000, value: second });
    await integrator.write(streamOf(Array.from({ length: 3_000 }, (_, second) => at(second + 1))), options, crowd);
    const receipt = await integrator.write(streamOf([at(0), at(1_500.5), at(3_001)]), options, mine);
    let read = 0;
    const counting = createInfluxPoints({
      ...influx,
      async query(statements) {
        const result = await influx.query(statements);
        read += result.flat().reduce((sum, { values }) => sum + values.length, 0);
        return result;
      },
    });
    await counting.undo(receipt, mine);
    expect([await countOf(mine.object.number), await countOf(crowd.object.number)]).toEqual([0, 3_000]);
    expect(read).toBeLessThan(20);
  });

  it("leaves a point to the object that wrote it last", async () => {
    const [first, second] = [freshContext(), freshContext()];
    const options = { measurement: "owned" };
    const receipt = await integrator.write(
      streamOf([
        { time: start, value: 1 },
        { time: start + 1, value: 1 },
      ]),
      options,
      first,
    );
    await integrator.write(streamOf([{ time: start, value: 2 }]), options, second);
    await integrator.undo(receipt, first);
    expect(await points("owned")).toMatchObject([{ rows: [{ value: 2, object: second.object.number }] }]);
  });

  it("never deletes a point between its own that was written by someone else", async () => {
    const context = freshContext();
    const rows = Array.from({ length: 50 }, (_, at) => ({ time: start + at * 1_000, value: at }));
    const receipt = await integrator.write(streamOf(rows), { measurement: "mixed" }, context);
    await influx.write(`mixed note="by hand" ${start + 500}000000\n`);
    await integrator.undo(receipt, context);
    expect(await points("mixed")).toMatchObject([{ rows: [{ note: "by hand" }] }]);
  });

  it("counts rows out of order and rows that repeat a point as InfluxDB has them", async () => {
    const context = freshContext();
    const times = [5, 3, 4, 3, 5, 1];
    const receipt = await integrator.write(
      streamOf(times.map((at) => ({ time: start + at, value: at }))),
      { measurement: "shuffled" },
      context,
    );
    expect(receipt.count).toBe(4);
    expect(await countOf(context.object.number)).toBe(4);
  });

  it("keeps times to the nanosecond", async () => {
    const context = freshContext();
    const receipt = await integrator.write(
      streamOf([
        { time: "2026-01-01T00:00:00.123456789Z", value: 1 },
        { time: "2026-01-01T00:00:00.12345679Z", value: 2 },
      ]),
      { measurement: "precise" },
      context,
    );
    expect(receipt.count).toBe(2);
    expect((await points("precise"))[0]?.rows.map(({ time }) => time)).toEqual([
      "2026-01-01T00:00:00.123456789Z",
      "2026-01-01T00:00:00.12345679Z",
    ]);
    await integrator.undo(receipt, context);
    expect(await countOf(context.object.number)).toBe(0);
  });

  it("refuses a field whose type is another one in InfluxDB, and fails only the object that has it", async () => {
    const [numbers, texts] = [freshContext(), freshContext()];
    const options = { measurement: "typed" };
    await integrator.write(streamOf([{ time: start, value: 1 }]), options, numbers);
    const both = await Promise.allSettled([
      integrator.write(streamOf([{ time: start + 1, value: "one" }]), options, texts),
      integrator.write(streamOf([{ time: start + 2, value: 2 }]), options, numbers),
    ]);
    expect(both).toMatchObject([
      { status: "rejected", reason: { code: "FIELD_TYPE_CONFLICT", kind: "terminal" } },
      { status: "fulfilled" },
    ]);
  });

  it("says that a database is missing, and that trying again can help", async () => {
    await using client = createInfluxClient({ ...settings, SLUICE_INFLUX_DATABASE: "nobody-made-this" });
    await expect(
      createInfluxPoints(client).write(streamOf([{ time: start, value: 1 }]), { measurement: "m" }, freshContext()),
    ).rejects.toMatchObject({ code: "SINK_MISSING", kind: "retryable" });
  });

  it("refuses options that it does not know", async () => {
    await expect(integrator.write(streamOf([]), { measurment: "m" }, freshContext())).rejects.toMatchObject({
      code: "WRONG_OPTIONS",
      kind: "terminal",
    });
  });
});
