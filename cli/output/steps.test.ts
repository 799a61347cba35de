import { Ansis } from "ansis";
import { describe, expect, it } from "vitest";
import { showSteps } from "./steps.ts";

describe("showSteps", () => {
  const written: string[] = [];
  const output = { paint: new Ansis(0), terminal: undefined, note: (line: string) => void written.push(line) };

  it("writes a line for each step that ended, and for a build that takes long, where there is no terminal", () => {
    using steps = showSteps(output);
    steps.report({ step: "MinIO", state: "working", ms: 0, detail: "" });
    steps.report({ step: "MinIO", state: "working", ms: 3, detail: "building, 2–3 minutes the first time" });
    steps.report({ step: "MinIO", state: "working", ms: 140_000, detail: "starting" });
    steps.report({ step: "MinIO", state: "done", ms: 141_000, detail: "newly built" });
    steps.report({ step: "Neo4j", state: "failed", ms: 20, detail: "Neo4j needs port 7687 of 127.0.0.1. Stop it." });
    expect(written).toEqual([
      "… MinIO                3 ms  building, 2–3 minutes the first time",
      "✓ MinIO          2 min 21 s  newly built",
      "✗ Neo4j               20 ms  Neo4j needs port 7687 of 127.0.0.1.",
    ]);
  });
});
