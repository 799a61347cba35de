import { expect, it } from "vitest";
import { replayCommand } from "./replay.ts";

it("takes how long ago for --since, as the other commands do", () => {
  const command = replayCommand();
  command.parseOptions(["--all", "--since", "2d"]);
  const { since } = command.opts<{ readonly since: string }>();
  const twoDays = 2 * 24 * 60 * 60 * 1_000;
  expect(Date.parse(since)).toBeGreaterThan(Date.now() - twoDays - 60_000);
  expect(Date.parse(since)).toBeLessThanOrEqual(Date.now() - twoDays);
});
