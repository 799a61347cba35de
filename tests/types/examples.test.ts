import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Inside of the repository, so that `sluice/sdk` means what it means here. */
const folder = `${root}.sluice/examples/`;

type Example = { readonly place: string; readonly code: string };

/** The blocks marked ts: of every `@example` in the sources, and of the README. */
function examplesOf(file: string): readonly Example[] {
  const text = readFileSync(`${root}${file}`, "utf8");
  const blocks = text.matchAll(file.endsWith(".md") ? /^```ts\n([^]*?)^```/gm : /^ \* ```ts\n([^]*?)^ \* ```/gm);
  return [...blocks].map((block) => ({
    place: `${file}:${text.slice(0, block.index).split("\n").length}`,
    code: (block[1] ?? "")
      .split("\n")
      .map((line) => line.replace(/^ \* ?/, ""))
      .join("\n")
      .replaceAll("*\\/", "*/"),
  }));
}

const sources = globSync("sdk/**/*.ts", { cwd: root }).filter((file) => !file.endsWith(".test.ts"));
const examples = [...sources, "sdk/README.md"].toSorted().flatMap(examplesOf);
let errors: readonly string[] = [];

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"], exclude: [] }));
  writeFileSync(
    `${folder}campus-readings.ts`,
    `export { default } from "./${examples.findIndex(({ place }) => place.includes("language/dag.ts"))}.ts";`,
  );
  for (const [index, { code }] of examples.entries()) writeFileSync(`${folder}${index}.ts`, `${code}\nexport {};\n`);
  errors = compile()
    .split("\n")
    .filter((line) => line.includes("error TS"));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function compile(): string {
  try {
    return execFileSync(`${root}node_modules/.bin/tsc`, ["-p", folder, "--pretty", "false"], { cwd: folder, encoding: "utf8" });
  } catch (thrown) {
    return (thrown as { stdout: string }).stdout;
  }
}

it("finds the examples", () => {
  expect(examples.length).toBeGreaterThan(10);
});

it.each(examples.map(({ place }, index) => ({ place, index })))("compiles the example at $place", ({ index }) => {
  expect(errors.filter((line) => line.startsWith(`${index}.ts(`))).toEqual([]);
});

it("finds nothing wrong outside of the examples", () => {
  expect(errors.filter((line) => !/^\d+\.ts\(/.test(line))).toEqual([]);
});
