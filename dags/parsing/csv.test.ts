import { describe, expect, it } from "vitest";
import { csvDocuments } from "./csv-documents.ts";
import { csvTable } from "./csv.ts";
import { all, testObject } from "./test-object.ts";

const documents = (content: string) => all(csvDocuments(testObject(content)));

describe("a CSV", () => {
  it.each([
    [",", "name,note\na,1\nb,2\n"],
    [";", "name;note\na;1,5\nb;2,5\n"],
    ["\t", "name\tnote\na\t1, 2, 3\nb\t4\n"],
    ["|", "name|note\na|1\nb|2\n"],
    [";", 'name;note\nx;"a, b, c"\ny;"d, e, f"\n'],
    [",", "single\n1\n2\n"],
    [",", "a,b"],
  ])("has its delimiter %j found in %j", async (delimiter, content) => {
    expect((await csvTable(testObject(content))).delimiter).toBe(delimiter);
  });

  it("becomes documents: numbers and booleans as such, empty cells as null, identifiers as text", async () => {
    expect(await documents('\ufeffid,n,ok,note\r\n007,-1.5,true,"a ""b"", c"\r\n+33,1e3,no,\r\n')).toEqual([
      { id: "007", n: -1.5, ok: true, note: 'a "b", c' },
      { id: "+33", n: "1e3", ok: "no", note: null },
    ]);
  });

  it("keeps NaN, infinities and numbers too long for a float as the text they are", async () => {
    expect(await documents("a,b,c\nNaN,Infinity,12345678901234567890\n")).toEqual([{ a: "NaN", b: "Infinity", c: "12345678901234567890" }]);
  });

  it("keeps lines inside quotes, and still counts lines right after them", async () => {
    const table = await csvTable(testObject('a,b\n1,"x\ny"\n\n2,z\n'));
    expect(await all(table.records)).toEqual([
      { cells: ["1", "x\ny"], line: 3 },
      { cells: ["2", "z"], line: 5 },
    ]);
  });

  it("is read in parts of some kilobytes, and nothing is lost or cut where one ends and the next begins", async () => {
    const rows = Array.from({ length: 5_000 }, (_, index) => `${index},"é${index}\n"`);
    const table = await csvTable(testObject(`n,text\n${rows.join("\n")}\n`));
    const records = await all(table.records);
    expect(records.map(({ cells }) => cells)).toEqual(rows.map((_, index) => [String(index), `é${index}\n`]));
    expect(records.at(-1)?.line).toBe(1 + 2 * rows.length);
  });

  it("hands over the records that stand before a broken one", async () => {
    const seen: string[] = [];
    const table = await csvTable(testObject("a,b\n1,2\n3,4\n5\n"));
    await expect(async () => {
      for await (const { cells } of table.records) seen.push(cells.join());
    }).rejects.toMatchObject({ code: "RAGGED_ROW", place: { line: 4 } });
    expect(seen).toEqual(["1,2", "3,4"]);
  });

  it("names columns that have no name, and tells apart those of one name", async () => {
    expect((await csvTable(testObject("a,,a,__proto__\n1,2,3,4\n"))).header).toEqual(["a", "column 2", "a 2", "_proto_"]);
  });

  it("with ragged rows is refused with the line", async () => {
    await expect(documents("a,b\n1,2\n3\n4,5\n")).rejects.toMatchObject({
      code: "RAGGED_ROW",
      kind: "terminal",
      place: { line: 3 },
      message:
        "Line 3 of campus/test has 1 cells; expected 2, as in the header. Quote cells that hold the delimiter, or fill the missing ones.",
    });
    await expect(documents("a,b\n1,2,3\n")).rejects.toMatchObject({ code: "RAGGED_ROW", place: { line: 2 } });
  });

  it("with a quote that is not closed, or stands inside a cell, is refused with the line", async () => {
    await expect(documents('a,b\n1,"2\n3,4\n')).rejects.toMatchObject({ code: "MALFORMED_CSV", place: { line: expect.any(Number) } });
    await expect(documents('a,b\n1,2"3\n')).rejects.toMatchObject({ code: "MALFORMED_CSV", place: { line: 2 } });
  });

  it("that is empty is refused, one with a header alone has no rows", async () => {
    await expect(documents("")).rejects.toMatchObject({ code: "EMPTY_OBJECT" });
    expect(await documents("a,b\n")).toEqual([]);
  });

  it("in another encoding than UTF-8 is refused with the offset", async () => {
    await expect(all(csvDocuments(testObject(Buffer.from("name\ncaf\xe9\n", "latin1"))))).rejects.toMatchObject({
      code: "WRONG_ENCODING",
      place: { offset: 8 },
    });
  });

  it("stops reading its object when its reader stops", async () => {
    let closed = false;
    async function* read() {
      try {
        for (;;) yield Buffer.from("a,b\n1,2\n".repeat(10_000));
      } finally {
        closed = true;
      }
    }
    for await (const row of csvDocuments(testObject("", { read, size: 1e9 }))) if (row) break;
    await expect.poll(() => closed).toBe(true);
  });
});
