import { expect, test } from "vitest";
import { leftOut } from "./up.ts";

test("says which folders' DAG files are no longer in force, and how to have all of them", () => {
  expect(leftOut(["/a", "/b"], ["/b", "/c"])).toBe(
    "The DAG files of /a are no longer in force. For all of them name every folder: --dags /a /b /c",
  );
});

test("says nothing where folders were added, or named in another order", () => {
  expect(leftOut([], ["/a"])).toBeUndefined();
  expect(leftOut(["/a", "/b"], ["/b", "/a", "/c"])).toBeUndefined();
});
