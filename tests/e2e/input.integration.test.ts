import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import iconv from "iconv-lite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../sdk/contracts/json.ts";
import { trickyKeys } from "../gateway/api-server.ts";
import { type Engine, startEngine } from "./engine.ts";

/** Texts all of them, so none may say by its name that it is something else. */
const keys = trickyKeys.map((key) => `keys/${key.replace(/\.json$/, ".txt")}`);

const sample = (name: string) => readFile(new URL(`../../dags/samples/files/${name}`, import.meta.url));
const [png, jpeg, zip, workbook] = (await Promise.all(["car-park.png", "roof-at-dawn.jpg", "week-12.zip", "shifts.xlsx"].map(sample))) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
];

/** A PNG whose first chunk claims more than the file holds. */
const crafted = Buffer.from(png);
crafted.writeUInt32BE(0x7fffffff, 33);
/** Segments of length 0, on which decoders have hung. */
const looping = Buffer.from(`ffd8${"ffe00000".repeat(100)}ffd9`, "hex");

const reading = { value: 21.5, value_units: "celsius", time: "2026-01-01T00:00:00Z", topic: "roof" };
const readings = (...more: object[]) => JSON.stringify([reading, ...more.map((other) => ({ ...reading, ...other }))]);
const template = (...fields: string[]) => ({ template: { measurement: "kind", time: "at", fields, tags: [] } });
const templated = (more: object) => JSON.stringify([{ kind: "load", at: "2026-01-01T00:00:00Z", load: 3, ...more }]);

type Bad = {
  readonly key: string;
  readonly content: string | Uint8Array;
  /** What the store says; without it, name and content have to tell. */
  readonly type?: string;
  /** As an uploader gives it by the API, where there is any. */
  readonly other_data?: JsonObject;
  readonly code: string;
  /** What a user needs to read, to know what to mend. */
  readonly says: RegExp;
  readonly place?: object;
};

const bad: readonly Bad[] = [
  {
    key: "malformed.json",
    content: '{"a": 1,\n  "b": tru}',
    code: "MALFORMED_JSON",
    says: /Line 2, column 8/,
    place: { line: 2, column: 8 },
  },
  { key: "malformed.jsonl", content: '{"a": 1}\n{"b": }\n', code: "MALFORMED_JSON", says: /Line 2, column 7/, place: { line: 2 } },
  { key: "cut-off.json", content: '[{"a": 1}, {"a"', code: "MALFORMED_JSON", says: /found the end/, place: { line: 1, pointer: "/1/a" } },
  { key: "ragged.csv", content: "a,b\n1,2\n1,2,3\n", code: "RAGGED_ROW", says: /Line 3 .* has 3 cells; expected 2/, place: { line: 3 } },
  { key: "open-quote.csv", content: 'a,b\n1,"2\n', code: "MALFORMED_CSV", says: /quote that is not closed/ },
  {
    key: "latin-1.csv",
    content: iconv.encode("name,n\ncafé,1\n", "latin1"),
    code: "WRONG_ENCODING",
    says: /offset 10 .*windows-1252/,
    place: { offset: 10 },
  },
  { key: "latin-1.json", content: iconv.encode('["café"]', "latin1"), code: "WRONG_ENCODING", says: /not UTF-8/, place: { offset: 5 } },
  { key: "latin-1.txt", content: iconv.encode("Température", "latin1"), code: "WRONG_ENCODING", says: /not UTF-8/, place: { offset: 4 } },
  {
    key: "utf-16-without-mark.csv",
    content: iconv.encode("time,value\n1,2\n", "utf-16le"),
    code: "WRONG_ENCODING",
    says: /zero byte .*utf-16le/s,
  },
  { key: "unknown-encoding.csv", content: "a,b\n1,2\n", other_data: { encoding: "utf-9" }, code: "UNKNOWN_ENCODING", says: /"utf-9"/ },
  { key: "empty.csv", content: "", code: "EMPTY_OBJECT", says: /expected a header/ },
  { key: "empty.json", content: "", code: "EMPTY_OBJECT", says: /expected a JSON value/ },
  { key: "empty.jsonl", content: "", code: "EMPTY_OBJECT", says: /expected a JSON value on each line/ },
  { key: "empty.xlsx", content: "", code: "EMPTY_OBJECT", says: /empty/ },
  { key: "empty.zip", content: "", code: "NOT_AN_ARCHIVE", says: /0 bytes/ },
  { key: "empty.tar.gz", content: "", code: "NOT_AN_ARCHIVE", says: /0 bytes/ },
  { key: "truncated.gz", content: gzipSync("a,b\n1,2\n").subarray(0, -10), code: "CORRUPT_ARCHIVE", says: /upload it again/ },
  { key: "blank.json", content: "\ufeff \n", code: "EMPTY_OBJECT", says: /expected a JSON value/ },
  { key: "empty.png", content: "", code: "EMPTY_OBJECT", says: /0 bytes, expected the type image\/png/ },
  { key: "empty.jpg", content: "", code: "EMPTY_OBJECT", says: /0 bytes/ },
  { key: "truncated.png", content: png.subarray(0, -20), code: "BROKEN_IMAGE", says: /upload it again/ },
  { key: "truncated.jpg", content: jpeg.subarray(0, jpeg.length >> 1), code: "BROKEN_IMAGE", says: /upload it again/ },
  { key: "crafted.png", content: crafted, code: "BROKEN_IMAGE", says: /says that it has 2147483647 bytes/, place: { offset: 33 } },
  { key: "crafted.jpg", content: looping, code: "BROKEN_IMAGE", says: /less than its own length/, place: { offset: 2 } },
  { key: "truncated.xlsx", content: workbook.subarray(0, 1500), code: "MALFORMED_EXCEL", says: /xlsx/ },
  { key: "truncated.zip", content: zip.subarray(0, -30), code: "CORRUPT_ARCHIVE", says: /truncated\.zip/ },
  { key: "picture.csv", content: png, type: "text/csv", code: "TYPE_CONTRADICTED", says: /text\/csv.*image\/png/s },
  { key: "table.png", content: "a,b\n1,2\n", code: "TYPE_CONTRADICTED", says: /image\/png.*text/s },
  { key: "page.json", content: "<!doctype html><title>404</title>", code: "TYPE_CONTRADICTED", says: /application\/json.*text\/html/s },
  { key: "archive.jpg", content: zip, code: "TYPE_CONTRADICTED", says: /image\/jpeg.*application\/zip/s },
  {
    key: "template-field.json",
    content: templated({}),
    other_data: template("burden"),
    code: "TEMPLATE_FIELD_MISSING",
    says: /"burden".*has kind, at, load/s,
  },
  { key: "template-time.json", content: templated({ at: "soon" }), other_data: template("load"), code: "UNREADABLE_TIME", says: /"soon"/ },
  {
    key: "time.csv",
    content: "time,value\n2026-01-01T00:00:00Z,1\n31/12/2026,2\n",
    code: "UNREADABLE_TIME",
    says: /Line 3 .*"31\/12\/2026".*2026-03-28T11:41:06Z/s,
    place: { line: 3, field: "time" },
  },
  { key: "time.json", content: readings({ time: "yesterday" }), code: "UNREADABLE_TIME", says: /"yesterday"/, place: { pointer: "/1" } },
  {
    key: "day.json",
    content: readings({ time: "2026-02-30T00:00:00.000Z" }),
    code: "UNREADABLE_TIME",
    says: /2026-02-30/,
    place: { pointer: "/1" },
  },
  { key: "year.json", content: readings({ time: "9999-01-01T00:00:00Z" }), code: "UNREADABLE_TIME", says: /between 1678 and 2261/ },
  {
    key: "nan.csv",
    content: "time,value\n2026-01-01T00:00:00Z,NaN\n",
    code: "NOT_A_NUMBER",
    says: /"NaN".*finite number/s,
    place: { line: 2, field: "value" },
  },
  { key: "infinity.csv", content: "time,value\n2026-01-01T00:00:00Z,-inf\n", code: "NOT_A_NUMBER", says: /"-inf"/, place: { line: 2 } },
  { key: "nan.json", content: '{"a": NaN}', code: "MALFORMED_JSON", says: /JSON has no NaN/, place: { line: 1, column: 7 } },
  { key: "infinity.json", content: '[{"a": 1e999}]', code: "NOT_A_NUMBER", says: /1\.8e308/, place: { pointer: "/0/a" } },
  { key: "nan-reading.json", content: readings({ value: "NaN" }), code: "NOT_A_NUMBER", says: /"NaN"/, place: { pointer: "/1" } },
  {
    key: "too-large.json",
    content: JSON.stringify({ text: "x".repeat(17_000_000) }),
    code: "DOCUMENT_TOO_LARGE",
    says: /MongoDB takes 16777216 at most/,
  },
];

const table = "name,n\nröd,1\nblå,2\n";

type Good = { readonly key: string; readonly content: string | Uint8Array; readonly other_data?: JsonObject; readonly count: number };

const good: readonly Good[] = [
  { key: "utf-8-mark.csv", content: `\ufeff${table}`, count: 2 },
  { key: "utf-16le-mark.csv", content: iconv.encode(table, "utf-16le", { addBOM: true }), count: 2 },
  { key: "utf-16be-mark.csv", content: iconv.encode(table, "utf-16be", { addBOM: true }), count: 2 },
  { key: "utf-8-mark.json", content: '\ufeff[{"a": 1}, {"a": 2}]', count: 2 },
  { key: "utf-16le-mark.json", content: iconv.encode('[{"a": 1}, {"a": 2}]', "utf-16le", { addBOM: true }), count: 2 },
  { key: "utf-8-mark.txt", content: "\ufeffA note.", count: 1 },
  { key: "declared.csv", content: iconv.encode(table, "windows-1252"), other_data: { encoding: "windows-1252" }, count: 2 },
  { key: "empty.txt", content: "", count: 1 },
  { key: "header-only.csv", content: "a,b\n", count: 0 },
  { key: "nan.csv", content: "name,n\na,NaN\nb,Infinity\n", count: 2 },
  {
    key: "one-line.json",
    content: JSON.stringify(Array.from({ length: 1_000 }, (_, n) => ({ n, text: "x".repeat(10_000) }))),
    count: 1_000,
  },
  { key: "one-value.json", content: JSON.stringify({ text: "x".repeat(10_000_000) }), count: 1 },
];

describe("input of any kind", { concurrent: true, timeout: 90_000 }, () => {
  let engine: Engine;
  beforeAll(async () => void (engine = await startEngine()));
  afterAll(() => engine?.[Symbol.asyncDispose]());

  async function put(key: string, content: string | Uint8Array, type?: string, other_data?: JsonObject) {
    if (other_data === undefined) return await engine.put(key, content, type === undefined ? {} : { type });
    const bytes = Buffer.from(content);
    return await engine.client.put(engine.container, key, bytes, { size: bytes.length, metadata: { other_data } });
  }

  it("is processed under any key", async () => {
    const landed = await Promise.all(keys.map((key) => engine.put(key, `the content of ${key}`, { type: "text/plain" })));
    const objects = await engine.outcomes(landed);
    expect(objects.map(({ key, state }) => [key, state])).toEqual(keys.map((key) => [key, "processed"]));
    const counts = await Promise.all(objects.flatMap(({ receipts }) => receipts).map((receipt) => engine.readBack.count(receipt)));
    expect(counts).toEqual(keys.map(() => 1));
  });

  it.each(bad.map((one) => [one.key, one] as const))("%s is put into quarantine, and says why", async (_, one) => {
    const object = await engine.outcome(await put(`bad/${one.key}`, one.content, one.type, one.other_data));
    expect(object).toMatchObject({ state: "quarantined", receipts: [], reason: { code: one.code, kind: "terminal" } });
    expect(object.reason?.message).toMatch(one.says);
    expect(object.reason?.message).toContain(`${engine.container}/bad/${one.key}`);
    expect(object.reason?.place ?? {}).toMatchObject(one.place ?? {});
  });

  it.each(good.map((one) => [one.key, one] as const))("%s is processed whole", async (_, { key, content, other_data, count }) => {
    const object = await engine.outcome(await put(`good/${key}`, content, undefined, other_data));
    expect(object).toMatchObject({ state: "processed", receipts: [{ count }] });
    expect(await Promise.all(object.receipts.map((receipt) => engine.readBack.count(receipt)))).toEqual([count]);
  });

  it("that no DAG handles is described in the catalog and written nowhere", async () => {
    const object = await engine.outcome(await engine.put("odd/thing.xyz", Uint8Array.of(0, 1, 2, 250), { type: "application/x-odd" }));
    expect(object).toMatchObject({ state: "processed", dags: ["not-handled"], receipts: [], content_type: "application/x-odd" });
  });
});
