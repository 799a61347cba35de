import { describe, expect, it } from "vitest";
import { jsonLines, jsonValues } from "./json.ts";
import { all, testObject } from "./test-object.ts";

const values = async (content: string, chunk = 3) => (await all(jsonValues(testObject(content, { chunk })))).map(({ value }) => value);
const failure = async (content: string) => {
  const error = await all(jsonValues(testObject(content))).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error as { code: string; kind: string; message: string; place: object };
};

describe("a JSON object", () => {
  it.each([
    ["[]", []],
    ["[ ]", []],
    [' [1, "a,]", {"b": [1, {"c": "}"}]}, [2], null] \n', [1, "a,]", { b: [1, { c: "}" }] }, [2], null]],
    ['["\\"", "\\\\"]', ['"', "\\"]],
    ['{"a": [1, 2]}', [{ a: [1, 2] }]],
    ['"text"', ["text"]],
    ["12", [12]],
  ])("%j has the values %j, however it is cut into chunks", async (content, expected) => {
    for (const chunk of [1, 2, 5, 1000]) expect(await values(content, chunk)).toEqual(expected);
  });

  it("tells where each value stands", async () => {
    const found = await all(jsonValues(testObject('[\n {"a":1},\n\n {"b":2}]')));
    expect(found.map(({ place }) => place.pointer)).toEqual(["/0", "/1"]);
  });

  it("of 10 MB in a single line is read", async () => {
    const row = { text: "x".repeat(90), n: 1.5 };
    const content = JSON.stringify(Array.from({ length: 100_000 }, () => row));
    expect(content.length).toBeGreaterThan(10_000_000);
    let count = 0;
    for await (const { value } of jsonValues(testObject(content, { chunk: 65_536 }))) count += (value as typeof row).n;
    expect(count).toBe(150_000);
  });

  it.each([
    ['[\n  {"a": 1},\n  {"a": 1 "b": 2}\n]', { line: 3, column: 11 }, 'found "\\"", expected a comma'],
    ['{"a": 1,\n "b": }', { line: 2, column: 7, pointer: "/b" }, "expected a value"],
    ['{"a": NaN}', { line: 1, column: 7, pointer: "/a" }, "JSON has no NaN"],
    ['{"a": [1, 2', { line: 1, column: 12 }, "found the end"],
    ["[1, 2", { line: 1, column: 6, pointer: "/1" }, "found the end"],
    ["[1,]", { line: 1, column: 4, pointer: "/1" }, "expected a value"],
    ["[1}", { line: 1 }, "expected"],
    ["{a: 1}", { line: 1, column: 2 }, "the name of a property in double quotes"],
    ["{'a': 1}", { line: 1, column: 2 }, "the name of a property in double quotes"],
    ['{"a": "x\ny"}', { line: 1, column: 9 }, "found"],
    ['{"a": 1}\n{"a": 2}', { line: 2, column: 1 }, ".jsonl"],
    ["[1]\n [2]", { line: 2, column: 2 }, ".jsonl"],
    ['["é🌡", x]', { line: 1, column: 9, pointer: "/1" }, "expected a value"],
    ["// note\n1", { line: 1, column: 1 }, "no comments"],
    ["[01]", { line: 1 }, "expected"],
    ["<html></html>", { line: 1, column: 1 }, 'found "<"'],
  ])("that is malformed like %j is refused with line and column", async (content, place, sentence) => {
    const error = await failure(content);
    expect(error).toMatchObject({ code: "MALFORMED_JSON", kind: "terminal", place });
    expect(error.message).toContain(sentence);
    expect(error.message).toMatch(/^Line \d+, column \d+ of campus\/test is not JSON/);
  });

  it("that is empty, or blank, is refused", async () => {
    expect((await failure("")).code).toBe("EMPTY_OBJECT");
    expect((await failure(" \n\t")).code).toBe("EMPTY_OBJECT");
  });

  it("with a number beyond what a float holds is refused with its pointer", async () => {
    expect(await failure('[{"a": 1}, {"b/c": [1e999]}]')).toMatchObject({ code: "NOT_A_NUMBER", place: { pointer: "/1/b~1c/0" } });
    expect(await values("[1e300]")).toEqual([1e300]);
  });

  it("nested too deeply is refused, brackets in text are not counted", async () => {
    expect((await failure(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)).code).toBe("TOO_DEEP");
    expect((await failure(`{"a":${"[".repeat(100_000)}`)).code).toBe("MALFORMED_JSON");
    expect(await values(JSON.stringify(["[".repeat(1000)]))).toEqual(["[".repeat(1000)]);
  });

  it("in the wrong encoding is refused", async () => {
    await expect(all(jsonValues(testObject(Buffer.from('["caf\xe9"]', "latin1"))))).rejects.toMatchObject({
      code: "WRONG_ENCODING",
      place: { offset: 5 },
    });
  });
});

describe("JSON lines", () => {
  it("are read one by one; blank lines and the last newline do not count", async () => {
    const found = await all(jsonLines(testObject('{"a":1}\r\n\n[2]\n')));
    expect(found).toEqual([
      { value: { a: 1 }, place: { line: 1, pointer: "" } },
      { value: [2], place: { line: 3, pointer: "" } },
    ]);
  });

  it("that are malformed are refused with line and column", async () => {
    await expect(all(jsonLines(testObject('{"a":1}\n{"a":}\n')))).rejects.toMatchObject({
      code: "MALFORMED_JSON",
      place: { line: 2, column: 6 },
    });
  });

  it("that are empty are refused", async () => {
    await expect(all(jsonLines(testObject("\n")))).rejects.toMatchObject({ code: "EMPTY_OBJECT" });
  });
});
