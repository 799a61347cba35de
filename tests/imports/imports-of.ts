import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** One import, as it stands in a file. Paths are from the root of the repository. */
export type Import = {
  readonly from: string;
  readonly line: number;
  /** What is written: `../sdk/index.ts`, `zod`, `node:fs`. */
  readonly specifier: string;
  /** The file it leads to; undefined for packages. */
  readonly file: string | undefined;
  /** True where nothing of it is left at run time. */
  readonly typeOnly: boolean;
};

/** What the names of this package's own entries lead to. */
const own: ReadonlyMap<string, string> = new Map(
  Object.entries(
    (JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { exports: { [name: string]: string | { "sluice-source"?: string } } })
      .exports,
  ).flatMap(([name, entry]) =>
    typeof entry === "object" && entry["sluice-source"] ? [[`sluice${name.slice(1)}`, normalize(entry["sluice-source"])] as const] : [],
  ),
);

/** Every import of the TypeScript files in some folders. */
export function importsIn(folders: readonly string[]): readonly Import[] {
  const files = folders.flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root, exclude: (path) => path === "node_modules" }));
  return files.flatMap((file) => importsOf(file, readFileSync(`${root}${file}`, "utf8")));
}

export function importsOf(file: string, text: string): readonly Import[] {
  const { module } = parseSync(file, text);
  const found = [
    ...module.staticImports.map((one) => ({
      specifier: one.moduleRequest.value,
      start: one.start,
      typeOnly: one.entries.length > 0 && one.entries.every(({ isType }) => isType),
    })),
    ...module.staticExports.flatMap((one) => {
      const [entry] = one.entries;
      return entry?.moduleRequest
        ? [{ specifier: entry.moduleRequest.value, start: one.start, typeOnly: one.entries.every(({ isType }) => isType) }]
        : [];
    }),
    ...module.dynamicImports.flatMap(({ start, moduleRequest }) => {
      const [, specifier] = /^["'`]([^"'`$]+)["'`]$/.exec(text.slice(moduleRequest.start, moduleRequest.end)) ?? [];
      return specifier ? [{ specifier, start, typeOnly: false }] : [];
    }),
  ];
  return found.map(({ specifier, start, typeOnly }) => ({
    from: file,
    line: text.slice(0, start).split("\n").length,
    specifier,
    file: specifier.startsWith(".") ? join(dirname(file), specifier) : own.get(specifier),
    typeOnly,
  }));
}
