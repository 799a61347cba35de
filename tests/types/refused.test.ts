import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const marker = "// refused: ";
const files = readdirSync(`${here}refused`).filter((file) => file.endsWith(".ts"));

/** What the compiler refuses, as `file:line`. */
const refused = new Promise<ReadonlySet<string>>((resolve) => {
  execFile(
    "tsc",
    ["-p", `${here}tsconfig.json`, "--pretty", "false"],
    { cwd: here, env: { ...process.env, PATH: `${here}../../node_modules/.bin:${process.env["PATH"]}` } },
    (_, stdout) => {
      const errors = stdout.matchAll(/^(?:.*\/)?([^/\s]+\.ts)\((\d+),\d+\): error/gm);
      resolve(new Set([...errors].map(([, file, line]) => `${file}:${line}`)));
    },
  );
});

describe.each(files)("%s", (file) => {
  const lines = readFileSync(`${here}refused/${file}`, "utf8").split("\n");
  const marked = lines.flatMap((line, index) =>
    line.includes(marker) ? [{ why: line.slice(line.indexOf(marker) + marker.length), place: `${file}:${index + 2}` }] : [],
  );

  it.each(marked)("refuses $why", { timeout: 120_000 }, async ({ place }) => {
    expect([...(await refused)]).toContain(place);
  });

  it("refuses nothing else", { timeout: 120_000 }, async () => {
    const expected = new Set(marked.map(({ place }) => place));
    expect([...(await refused)].filter((place) => place.startsWith(`${file}:`) && !expected.has(place))).toEqual([]);
  });
});
