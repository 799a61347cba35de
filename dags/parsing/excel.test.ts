import { readFileSync } from "node:fs";
import { buffer, text } from "node:stream/consumers";
import { fromBufferPromise } from "yauzl";
import { ZipFile } from "yazl";
import { describe, expect, it } from "vitest";
import { excelDocuments } from "./excel.ts";
import { all, testObject } from "./test-object.ts";

const workbook = readFileSync(new URL("../samples/files/shifts.xlsx", import.meta.url));
const read = (content: Uint8Array) => all(excelDocuments(testObject(content, { key: "shifts.xlsx", chunk: 1000 })));

/** As some exporters write them: the standard allows it. */
async function withoutReferences(whole: Buffer): Promise<Buffer> {
  const zip = new ZipFile();
  const entries = await fromBufferPromise(whole);
  for await (const entry of entries.eachEntry()) {
    const content = await text(await entries.openReadStreamPromise(entry));
    zip.addBuffer(Buffer.from(content.replace(/<c r="[^"]*"/g, "<c")), entry.fileName);
  }
  zip.end();
  return await buffer(zip.outputStream);
}

describe("an Excel workbook", () => {
  it("becomes a document for each row of every sheet, dates as dates", async () => {
    const documents = await read(workbook);
    expect(documents).toHaveLength(6);
    expect(documents[3]).toEqual({
      _sheet: "Shifts",
      day: new Date("2026-03-24T00:00:00Z"),
      shift: "late",
      operator: "Aïcha",
      parts: 405,
      scrap: 4,
    });
    expect(documents[4]).toEqual({ _sheet: "Downtime", machine: "press-17", minutes: 25, reason: "tool change" });
  });

  it("that is cut off, damaged, no workbook or empty is refused", async () => {
    await expect(read(workbook.subarray(0, 1500))).rejects.toMatchObject({ code: "MALFORMED_EXCEL", kind: "terminal" });
    const damaged = Buffer.from(workbook);
    damaged.fill(7, 100, 300);
    await expect(read(damaged)).rejects.toMatchObject({ code: "MALFORMED_EXCEL" });
    await expect(read(Buffer.from("day,shift\n"))).rejects.toMatchObject({ code: "MALFORMED_EXCEL" });
    await expect(read(readFileSync(new URL("../samples/files/week-12.zip", import.meta.url)))).rejects.toMatchObject({
      code: "MALFORMED_EXCEL",
    });
    await expect(read(await withoutReferences(workbook))).rejects.toMatchObject({
      code: "MALFORMED_EXCEL",
      message: expect.stringMatching(/references of cells.*save it again as \.xlsx/),
    });
    await expect(read(Buffer.alloc(0))).rejects.toMatchObject({ code: "EMPTY_OBJECT" });
  });
});
