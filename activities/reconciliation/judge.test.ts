import { expect, test } from "vitest";
import type { StoredObject } from "../../infra/stores/object-store.ts";
import { fingerprintOf } from "../../sdk/contracts/errors.ts";
import { type Entry, judge } from "./judge.ts";

const landed = new Date("2026-03-01T12:00:00Z");
const later = new Date("2026-03-01T13:00:00Z");
/** As listings tell it: without a version id. */
const listed: StoredObject = { key: "roof.csv", size: 9, etag: "e1", lastModified: landed, metadata: {} };
const entry: Entry = {
  _id: "roof.csv",
  swift_object_id: "1",
  state: "processed",
  version: "v1",
  size: 9,
  checksum: "e1",
  last_modified: landed,
};

test("what was noted of an object is enough to know it", () => {
  expect(judge(listed, entry, later)).toBe("known");
  expect(judge({ ...listed, etag: "e2" }, entry, later)).toBe("unsure");
});

test("an object that was replaced while it was processed is looked at again, though content and second are the same", () => {
  const [code, message] = ["OBJECT_CHANGED", "It was replaced while it was processed."];
  const reason = { code, kind: "terminal" as const, message, fingerprint: fingerprintOf(code, undefined, message) };
  expect(judge(listed, { ...entry, state: "quarantined", reason }, later)).toBe("unsure");
  expect(judge({ ...listed, versionId: "v1" }, { ...entry, state: "quarantined", reason }, later)).toBe("known");
});
