import { Ansis } from "ansis";
import { expect, it } from "vitest";
import { replayCommand, verdictText } from "./replay.ts";

it("takes how long ago for --since, as the other commands do", () => {
  const command = replayCommand();
  command.parseOptions(["--all", "--since", "2d"]);
  const { since } = command.opts<{ readonly since: string }>();
  const twoDays = 2 * 24 * 60 * 60 * 1_000;
  expect(Date.parse(since)).toBeGreaterThan(Date.now() - twoDays - 60_000);
  expect(Date.parse(since)).toBeLessThanOrEqual(Date.now() - twoDays);
});

it("says of a run without a history why there is none", () => {
  const verdict = { workflow_id: "ingest/roof", run_id: "r1", type: "", events: 0 };
  const told = (from: "lost" | "forgotten") => verdictText({ ...verdict, from }, { width: 120, paint: new Ansis(0) });
  expect(told("lost")).toMatch(/^✗ ingest\/roof {2}no history: it left Temporal before it was archived.*\(run r1\)$/);
  expect(told("forgotten")).toMatch(/^– ingest\/roof {2}no history: it went when its object was forgotten/);
});
