import { isBuiltin } from "node:module";
import { basename, dirname, extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { BuildFailure, Message, Metafile, Plugin } from "esbuild";
import { codeHash } from "./code.ts";
import type { Problem } from "./problem.ts";
import { isZod, ownModules } from "./resolve.ts";

/** One ESM text that holds a DAG file with everything it imports, `sluice/*`, zod and Node's own modules aside. */
export type Bundle = {
  readonly code: string;
  /** SHA-256 of the code, hex. */
  readonly hash: string;
  /** The user's files that went into it, absolute; packages aside. */
  readonly inputs: readonly string[];
};

export type Bundling = { readonly bundle?: Bundle; readonly problems: readonly Problem[] };

const sluiceRoot = fileURLToPath(new URL("..", import.meta.url));

export async function bundleFile(file: string): Promise<Bundling> {
  const folder = dirname(resolve(file));
  const outfile = resolve(folder, `${basename(file, extname(file))}.mjs`);
  try {
    const { outputFiles, metafile } = await build({
      absWorkingDir: folder,
      entryPoints: [resolve(file)],
      outfile,
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "node",
      target: "node22",
      // Some packages' `main` requires its parts by name at run time, which a bundle cannot follow.
      mainFields: ["module", "main"],
      charset: "utf8",
      legalComments: "none",
      sourcemap: "external",
      logLevel: "silent",
      plugins: [bareImports(folder)],
    });
    const text = outputFiles.find((output) => output.path === outfile)?.text ?? "";
    const map = outputFiles.find((output) => output.path === `${outfile}.map`)?.text ?? "";
    const code = withSourceMap(withRequire(withoutMachinePaths(text, metafile)), map);
    return { bundle: { code, hash: codeHash(code), inputs: ownInputs(metafile, folder) }, problems: [] };
  } catch (thrown) {
    if (!isBuildFailure(thrown)) throw thrown;
    return { problems: thrown.errors.map((message) => toProblem(message, file, folder)) };
  }
}

/** Packages come from the user's own `node_modules`, else from Sluice's. */
function bareImports(folder: string): Plugin {
  return {
    name: "bare-imports",
    setup({ onResolve, resolve: resolveImport }) {
      onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
        if (pluginData === "resolving" || kind === "entry-point" || isBuiltin(path)) return undefined;
        if (isZod(path) || ownModules.includes(path)) return { path, external: true };
        if (path === "sluice" || path.startsWith("sluice/")) return { errors: [{ text: unknownOwn(path) }] };
        for (const place of [resolveDir, sluiceRoot]) {
          const found = await resolveImport(path, { kind, resolveDir: place, pluginData: "resolving" });
          if (found.errors.length > 0) continue;
          if (found.path.endsWith(".node")) return { errors: [{ text: nativeAddon(path) }] };
          return found;
        }
        return { errors: [{ text: notInstalled(path, folder) }] };
      });
    },
  };
}

const unknownOwn = (path: string) =>
  `IMPORT_NOT_FOUND "${path}" is no part of Sluice: expected one of ${ownModules.map((name) => `"${name}"`).join(", ")}. Correct the import.`;

const notInstalled = (path: string, folder: string) =>
  `IMPORT_NOT_FOUND The package "${packageOf(path)}" is not installed: looked in the node_modules of ${folder} and of its parents, and among Sluice's own packages. ` +
  `Run \`npm install ${packageOf(path)}\` in ${folder}, or correct the import "${path}".`;

const nativeAddon = (path: string) =>
  `IMPORT_NATIVE "${path}" is a compiled addon, which a code bundle cannot hold. Use a package in pure JavaScript or WebAssembly.`;

function packageOf(path: string): string {
  return path.split("/", path.startsWith("@") ? 2 : 1).join("/");
}

/** Where a package stands on this machine must not change the hash: `../../lib/node_modules/x/y.js` is `node_modules/x/y.js`. */
function withoutMachinePaths(text: string, { inputs }: Metafile): string {
  return Object.keys(inputs)
    .filter((path) => path.includes("node_modules/"))
    .reduce((code, path) => {
      const portable = packagePath(path);
      return code.replaceAll(`// ${path}\n`, `// ${portable}\n`).replaceAll(`"${path}"(`, `"${portable}"(`);
    }, text);
}

const packagePath = (path: string) => path.slice(Math.max(path.lastIndexOf("node_modules/"), 0));

/** CommonJS packages inside the bundle require Node's modules. On the first line, so that the source map holds. */
function withRequire(code: string): string {
  if (!code.includes("Dynamic require of ")) return code;
  return `import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(import.meta.url); ${code}`;
}

/** The map holds the user's sources themselves, so that the lake keeps the code of then as it was written. */
function withSourceMap(code: string, text: string): string {
  const map = JSON.parse(text) as { sources: string[]; sourcesContent: (string | null)[] };
  const isPackage = map.sources.map((source) => source.includes("node_modules/"));
  const portable = {
    ...map,
    sources: map.sources.map((source, index) => (isPackage[index] ? packagePath(source) : source)),
    sourcesContent: map.sourcesContent.map((content, index) => (isPackage[index] ? null : content)),
  };
  return `${code}//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(portable)).toString("base64")}\n`;
}

function ownInputs({ inputs }: Metafile, folder: string): string[] {
  return Object.keys(inputs)
    .filter((path) => !path.includes("node_modules/") && !path.startsWith("(disabled)"))
    .map((path) => resolve(folder, path));
}

function isBuildFailure(thrown: unknown): thrown is BuildFailure {
  return thrown instanceof Error && "errors" in thrown && Array.isArray(thrown.errors);
}

function toProblem({ text, location, pluginName }: Message, file: string, folder: string): Problem {
  const ours = pluginName === "bare-imports" ? /^([A-Z_]+) (.*)$/s.exec(text) : null;
  const missing = /^Could not resolve "(.*)"/.exec(text);
  return {
    code: ours?.[1] ?? (missing ? "IMPORT_NOT_FOUND" : "SYNTAX"),
    message:
      ours?.[2] ??
      (missing
        ? `There is no file "${missing[1]}" beside this one. Correct the path, with its extension.`
        : `${text}. Correct the syntax.`),
    file: location ? resolve(folder, location.file) : resolve(file),
    ...(location && { line: location.line, column: location.column + 1 }),
  };
}
