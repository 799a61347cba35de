import { expect, it } from "vitest";
import { retryable, terminal, toFailure } from "../../sdk/contracts/errors.ts";
import { failureOfUndo } from "./undo-task.ts";

const codeAt = (attempt: number, error: Error) => failureOfUndo(toFailure(error, "write"), "write", attempt).code;

it("gives an undo up after ten attempts, or at once where another would not help, and waits for a sink that is away", () => {
  const fails = retryable("TIMED_OUT", "It took too long.");
  expect([1, 9, 10].map((attempt) => codeAt(attempt, fails))).toEqual(["TIMED_OUT", "TIMED_OUT", "NOT_UNDONE"]);
  expect(codeAt(1, terminal("REFUSED", "It is refused."))).toBe("NOT_UNDONE");
  expect(codeAt(500, retryable("SINK_AWAY", "Neo4j is away."))).toBe("SINK_AWAY");
});

it("says what failed, how often, and what is left", () => {
  const failure = failureOfUndo(toFailure(retryable("TIMED_OUT", "It took too long."), "write"), "write", 10);
  expect(failure).toMatchObject({ kind: "terminal", task: "write" });
  expect(failure.message).toBe(
    "write was not undone in 10 attempt(s), the last of which failed: It took too long. What it wrote is there until the object is processed again or forgotten.",
  );
});
