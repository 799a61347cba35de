import { expect, it } from "vitest";
import { csvChunks, csvHeader, jsonLine, jsonLinesChunks, jsonObject, readingsAnObject } from "./readings.ts";

const text = (chunks: Iterable<Buffer>) => Buffer.concat([...chunks]).toString();
const unique = (points: readonly { readonly topic: string; readonly time: string }[]) =>
  new Set(points.map(({ topic, time }) => `${topic} ${time}`)).size;

it("makes objects none of whose points meet", () => {
  const points = Array.from(
    { length: 120 },
    (_, index) => JSON.parse(jsonObject(index, "u").toString()) as { topic: string; time: string }[],
  ).flat();
  expect(points).toHaveLength(120 * readingsAnObject);
  expect(unique(points)).toBe(points.length);
});

it("makes CSV files whose rows go on where those of another ended", () => {
  const whole = text(csvChunks(250, "u"));
  expect(text(csvChunks(100, "u")) + text(csvChunks(150, "u", 100)).slice(csvHeader.length)).toBe(whole);
});

it("makes JSON lines of one length, across chunks", () => {
  const lines = text(jsonLinesChunks(20_010, "u")).trimEnd().split("\n");
  expect(lines).toHaveLength(20_010);
  expect(new Set(lines.map(({ length }) => length))).toEqual(new Set([jsonLine(0, "u").length - 1]));
  expect(unique(lines.map((line) => JSON.parse(line) as { topic: string; time: string }))).toBe(lines.length);
});
