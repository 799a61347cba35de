import { describe, expect, it } from "vitest";
import { memberPath } from "./member-path.ts";

describe("the path of a member", () => {
  it.each([
    ["a/b.csv", "a/b.csv"],
    ["./a//b.csv", "a/b.csv"],
    ["été/ça va 100%.csv", "été/ça va 100%.csv"],
    ["..a/b..", "..a/b.."],
  ])("%j becomes %j", (path, expected) => expect(memberPath(path)).toEqual({ path: expected }));

  it.each([["../a"], ["a/../../b"], ["/etc/passwd"], ["C:/a"], ["c:a"], ["a\\b"], ["a\0b"], ["a\nb"], [""], ["./."]])(
    "%j is refused",
    (path) => expect(memberPath(path)).toHaveProperty("refused"),
  );
});
