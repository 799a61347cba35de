import { Ansis } from "ansis";
import { describe, expect, it } from "vitest";
import type { BrokenFile, DagSummary } from "../../gateway/client.ts";
import { dagNews } from "./news.ts";

const page = { width: 200, paint: new Ansis(0) };
const file = "/dags/roof.ts";
const roof: DagSummary = { name: "roof", plan_hash: "h", file, source: "user", published: "2026-01-01T00:00:00.000Z" };
const wrong: BrokenFile = { file, since: "2026-01-02T00:00:00.000Z", problems: [`${file}:3:1 SYNTAX It is wrong.`], in_force: ["roof"] };
const list = (dags: readonly DagSummary[], broken_files: readonly BrokenFile[] = []) => ({ dags, broken_files });

describe("dagNews", () => {
  it("has nothing to tell while nothing changes", () => {
    expect(dagNews(list([roof], [wrong]), list([roof], [wrong]), page)).toEqual([]);
  });

  it("tells of a broken file with its problems, and of its mending", () => {
    expect(dagNews(list([roof]), list([roof], [wrong]), page)).toEqual([
      `✗ ${file} is broken; the last good version of roof stays in force:`,
      `    ${file}:3:1 SYNTAX It is wrong.`,
    ]);
    expect(dagNews(list([roof], [wrong]), list([roof]), page)).toEqual([`✓ ${file} is broken no more.`]);
  });

  it("tells of a file whose problems are others now, and of one that was never in force", () => {
    const other = { ...wrong, since: "2026-01-03T00:00:00.000Z" };
    expect(dagNews(list([roof], [wrong]), list([roof], [other]), page)).toHaveLength(2);
    expect(dagNews(list([]), list([], [{ ...wrong, in_force: [] }]), page)[0]).toBe(`✗ ${file} is broken; nothing of it is in force:`);
  });

  it("tells of what is new, changed and gone", () => {
    const changed = { ...roof, published: "2026-01-02T00:00:00.000Z" };
    expect(dagNews(list([]), list([roof]), page)).toEqual([`✓ roof is in force, from ${file}.`]);
    expect(dagNews(list([roof]), list([changed]), page)).toEqual(["✓ roof has changed: its new version is in force."]);
    expect(dagNews(list([roof]), list([]), page)).toEqual([
      `– roof is in force no more: ${file} is gone, or does not define it any longer.`,
    ]);
  });
});
