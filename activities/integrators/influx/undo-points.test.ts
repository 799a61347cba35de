import { describe, expect, it } from "vitest";
import { runs } from "./undo-points.ts";

describe("the stretches that one delete may take", () => {
  it("end where a neighbour's point begins", () => {
    expect(runs(["1", "2", "4", "6", "7"], ["1", "2", "3", "4", "5", "6", "7", "8"])).toEqual([
      ["1", "2"],
      ["4", "4"],
      ["6", "7"],
    ]);
  });
  it("are single points where it is not known what lies between them", () => {
    expect(runs(["1", "2", "4", "6", "7"], ["1", "2", "3"])).toEqual([
      ["1", "2"],
      ["4", "4"],
      ["6", "6"],
      ["7", "7"],
    ]);
  });
  it("are one where there is no neighbour", () => expect(runs(["1", "2", "3"], ["1", "2", "3"])).toEqual([["1", "3"]]));
});
