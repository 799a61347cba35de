import { describe, expect, it } from "vitest";
import { type ListingPart, noCounts, type Stretch } from "../sdk/contracts/reconciliation.ts";
import { advance, listingText, withStretch } from "./listing.ts";

const begun = "2026-11-21T13:00:00.000Z";
const now = "2026-11-21T13:05:00.000Z";
const part: ListingPart = {
  store: "s3",
  container: "campus",
  prefix: "",
  after: "d",
  kind: "pass",
  pass: { begun, after: "d", listed: 10 },
};
const stretch: Stretch = { listed: 5, known: 5, young: 0, gone: 0, found: [], next: "k", settled: "k" };
const { next: _, ...final } = stretch;

describe("a part of a listing", () => {
  it("goes on after the last key, and so does the pass if this time ends here", () => {
    const pass = { begun, after: "k", listed: 15 };
    expect(advance(part, stretch, now)).toEqual({ mark: pass, rest: { ...part, after: "k", pass } });
    expect(advance({ ...part, budget: 5 }, stretch, now)).toEqual({ mark: pass });
    expect(advance({ ...part, budget: 8 }, stretch, now).rest).toMatchObject({ budget: 3 });
  });

  it("makes the pass a whole one at its end, which remembers the last key that had settled", () => {
    const whole = { begun, ended: now, size: 15 };
    expect(advance(part, { ...final, settled: "f" }, now)).toEqual({ mark: { begun, after: "", listed: 0, whole, last: "f" } });
    const nothing: Stretch = { listed: 0, known: 0, young: 0, gone: 0, found: [] };
    expect(advance(part, nothing, now).mark).toMatchObject({ last: "d", whole: { size: 10 } });
  });

  it("that is the tail only moves the last key", () => {
    expect(advance({ ...part, kind: "tail" }, final, now)).toEqual({ mark: { last: "k" } });
    expect(advance({ ...part, kind: "tail" }, { listed: 0, known: 0, young: 0, gone: 0, found: [] }, now)).toEqual({});
  });

  it("that somebody asked for counts as a pass if it is a whole container, and only at its end", () => {
    const asked: ListingPart = { ...part, after: "", kind: "now", pass: { begun, after: "", listed: 0 } };
    expect(advance(asked, stretch, now).mark).toBeUndefined();
    expect(advance(asked, final, now).mark).toMatchObject({ whole: { size: 5 }, after: "" });
    expect(advance({ ...asked, prefix: "2026/" }, final, now)).toEqual({});
  });
});

it("counts add up, and are told in a sentence", () => {
  const object = { store: "s3", tenant: "campus", container: "campus", key: "a" };
  const found = [
    { finding: "changed" as const, object },
    { finding: "unannounced" as const, object },
    { finding: "changed" as const, object },
  ];
  const counts = withStretch(withStretch(noCounts(), stretch), { ...stretch, listed: 4, known: 0, young: 1, gone: 2, found });
  expect(counts).toMatchObject({ listed: 9, known: 5, young: 1, gone: 2, found: 3, findings: { changed: 2, unannounced: 1, stuck: 0 } });
  expect(listingText({ ...counts, problems: ["campus: away"] })).toBe(
    "**9** objects listed: 5 known, 3 found (1 unannounced, 2 changed), 1 left to their webhooks. 2 documents without an object.\n\n- campus: away",
  );
});
