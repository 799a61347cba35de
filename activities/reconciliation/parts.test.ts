import { describe, expect, it } from "vitest";
import { leastBudget, partsOf } from "./parts.ts";

const where = { store: "s3", container: "campus" };
const begun = "2026-11-21T13:00:00.000Z";
const minutes = 60_000;
const settings = { every: 5 * minutes, fullEvery: 24 * 60 * minutes };
const whole = (size: number) => ({ begun, ended: begun, size });

describe("what is listed of a container each time", () => {
  it("is all of it the first time", () => {
    const pass = { begun, after: "", listed: 0 };
    expect(partsOf(where, pass, settings)).toEqual([{ ...where, prefix: "", after: "", kind: "pass", pass }]);
  });

  it("is all of a small one, without its tail by itself", () => {
    const pass = { begun, after: "", listed: 0, whole: whole(9_000), last: "z" };
    expect(partsOf(where, pass, settings)).toMatchObject([{ kind: "pass", budget: leastBudget }]);
  });

  it("of a large one is as much as it takes to be through within the time for a whole pass, and its tail", () => {
    const pass = { begun, after: "k", listed: 40, whole: whole(50_000_000), last: "z" };
    const parts = partsOf(where, pass, settings);
    expect(parts).toMatchObject([
      { kind: "pass", after: "k", budget: 173_612 },
      { kind: "tail", after: "z", budget: leastBudget },
    ]);
    expect((parts[0]?.budget ?? 0) * (settings.fullEvery / settings.every)).toBeGreaterThanOrEqual(50_000_000);
  });
});
