import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { skippedText } from "./folder.ts";
import { findSources } from "./sources.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-sources-"));
  await mkdir(join(folder, "deep"));
  for (const name of ["b.csv", "a [1].csv", "deep/c.csv", "deep/.hidden.csv", "noext"]) await writeFile(join(folder, name), name);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const keys = async (argument: string, prefix = "") => (await findSources([join(folder, argument)], prefix)).sources.map(({ key }) => key);

describe("findSources", () => {
  it("names a file by its name, after the prefix", async () => {
    expect(await keys("b.csv")).toEqual(["b.csv"]);
    expect(await keys("b.csv", "p")).toEqual(["p/b.csv"]);
    expect(await keys("b.csv", "p/")).toEqual(["p/b.csv"]);
  });

  it("takes a file whose name looks like a glob for the file that it is", async () => {
    expect(await keys("a [1].csv")).toEqual(["a [1].csv"]);
  });

  it("takes all of a folder but what is hidden, and of a glob what it matches", async () => {
    expect(await keys("")).toEqual(["a [1].csv", "b.csv", "deep/c.csv", "noext"]);
    expect(await keys("deep/.hidden.csv")).toEqual([".hidden.csv"]);
    expect(await keys("**/.*.csv")).toEqual(["deep/.hidden.csv"]);
    expect(await keys("**/*.csv")).toEqual(["a [1].csv", "b.csv", "deep/c.csv"]);
    expect(await keys("*.csv")).toEqual(["a [1].csv", "b.csv"]);
  });

  it("follows links to files, and says what else it leaves out: loops, links to nothing, what is hidden", async () => {
    await symlink(join(folder, "b.csv"), join(folder, "deep/linked.csv"));
    await symlink(folder, join(folder, "deep/loop"));
    await symlink("nowhere", join(folder, "deep/broken"));
    const { sources, skipped } = await findSources([join(folder, "deep")], "");
    expect(sources).toMatchObject([{ key: "c.csv" }, { key: "linked.csv", size: "b.csv".length }]);
    expect(skippedText(skipped.toSorted((one, other) => (one.file < other.file ? -1 : 1)))).toBe(
      "1 hidden one, 1 broken link, 1 link to a folder",
    );
  });

  it("guesses types by name, and leaves open what the name does not say", async () => {
    const types = (await findSources([join(folder, "b.csv"), join(folder, "noext")], "")).sources.map(({ type }) => type);
    expect(types).toEqual(["text/csv", undefined]);
  });

  it("takes a file once that is named twice", async () => {
    expect((await findSources([join(folder, "b.csv"), join(folder, "b.csv")], "")).sources).toHaveLength(1);
  });

  it("says what is missing", async () => {
    await expect(keys("nothing")).rejects.toMatchObject({ code: "NO_SUCH_FILE", message: expect.stringContaining("nothing") });
    await expect(keys("*.png")).rejects.toMatchObject({ code: "NO_SUCH_FILE", message: expect.stringContaining("*.png") });
    await expect(keys("gone/*.png")).rejects.toMatchObject({ code: "NO_SUCH_FILE" });
  });
});
