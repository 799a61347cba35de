import { describe, expect, it } from "vitest";
import { all, testObject } from "./test-object.ts";
import { createTextStatistics } from "./text-statistics.ts";
import { readText } from "./text.ts";

const read = async (content: string | Uint8Array, chunk = 7) =>
  (await all(readText(testObject(content, { chunk, type: "text/plain", key: "note.txt" }))))[0];

describe("a text", () => {
  it("becomes a document with its statistics, the same however it is cut", async () => {
    const content = "L'été, l'été ! Summer came; summer went 🌡.\r\nΚαλημέρα κόσμε\n";
    const document = await read(content);
    expect(document).toMatchObject({ name: "note.txt", content_type: "text/plain", text: content, complete: true });
    expect(document?.statistics).toMatchObject({
      characters: 59,
      words: 8,
      lines: 2,
      longest_line: 42,
      frequent_words: [
        { word: "l'été", count: 2 },
        { word: "summer", count: 2 },
      ],
    });
    expect(Object.keys(document?.statistics.scripts ?? {})).toEqual(["Latin", "Greek"]);
    for (const chunk of [1, 3, 1000]) expect((await read(content, chunk))?.statistics).toEqual(document?.statistics);
  });

  it("without blanks between its words has its words counted by dictionary", () => {
    const statistics = createTextStatistics();
    statistics.add("今日は天気がいいです。");
    expect(statistics.result().words).toBeGreaterThan(3);
    expect(statistics.result().words).toBeLessThan(10);
    expect(statistics.result().scripts).toMatchObject({ Hiragana: expect.any(Number), Han: expect.any(Number) });
  });

  it("that is empty has nothing in it, which is no fault", async () => {
    expect(await read("")).toMatchObject({
      text: "",
      complete: true,
      statistics: { characters: 0, words: 0, lines: 0, longest_line: 0, scripts: {} },
    });
  });

  it("that is long is kept by its beginning and counted to its end", async () => {
    const line = `${"word ".repeat(20)}\n`;
    const document = await read(line.repeat(60_000), 65_536);
    expect(document).toMatchObject({ complete: false, statistics: { lines: 60_000, words: 1_200_000 } });
    expect(document?.text.length).toBe(4 * 1024 * 1024);
  });

  it("without any blank is counted in bounded pieces", async () => {
    expect((await read("x".repeat(3_000_000), 65_536))?.statistics).toMatchObject({
      characters: 3_000_000,
      lines: 1,
      longest_line: 3_000_000,
    });
  });

  it("in another encoding is refused with the offset", async () => {
    await expect(read(Buffer.from("caf\xe9", "latin1"))).rejects.toMatchObject({ code: "WRONG_ENCODING", place: { offset: 3 } });
  });
});
