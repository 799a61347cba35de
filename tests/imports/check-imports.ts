import { free, importTable } from "./import-table.ts";
import type { Import } from "./imports-of.ts";

/** What the table says of a path within a folder goes before what it says of the folder. */
const folderOf = (file: string) =>
  Object.keys(importTable).find((place) => place.includes("/") && file.startsWith(`${place}/`)) ?? file.split("/")[0] ?? "";
const isTest = (file: string) => /\.(test|fixture)\.tsx?$/.test(file);
const under = (places: readonly string[], file: string) =>
  places.some((place) => file === place || file.startsWith(place.endsWith("/") ? place : `${place}/`));

/** What an import breaks of the table; undefined where it may stand. */
export function breach({ from, line, specifier, file, typeOnly }: Import): string | undefined {
  const folder = folderOf(from);
  if (free.includes(folder) || isTest(from)) return undefined;
  const allowed = importTable[folder];
  const refuse = (what: string) => `${from}:${line} imports ${specifier}: ${what}`;
  if (!allowed) return refuse(`the folder ${folder} is not in tests/imports/import-table.ts. Add it there with what it may import.`);
  if (file === undefined) {
    const name = specifier.startsWith("node:")
      ? "node:"
      : specifier
          .split("/")
          .slice(0, specifier.startsWith("@") ? 2 : 1)
          .join("/");
    if (name === "sluice" || !allowed.packages || allowed.packages.includes(name)) return undefined;
    return refuse(
      `${folder} may use ${allowed.packages.join(", ")}. Move this to where it belongs, or extend the table and say why in the folder's README.`,
    );
  }
  if (folderOf(file) === folder && !isTest(file)) return undefined;
  if (isTest(file)) return refuse("it belongs to tests. Move what both need into a file of its own.");
  if (under(allowed.folders, file)) return undefined;
  if (under(allowed.types ?? [], file))
    return typeOnly
      ? undefined
      : refuse(`of ${folderOf(file)}, ${folder} may import types only. Write \`import type\`, or move the value.`);
  return refuse(
    `${folder} may import ${[...allowed.folders, ...(allowed.types ?? []).map((name) => `types of ${name}`)].join(", ") || "nothing but itself"}.`,
  );
}

/** Circles of files that load each other, each as a path that ends where it began. */
export function circles(imports: readonly Import[]): readonly (readonly string[])[] {
  const loads = new Map<string, Set<string>>();
  for (const { from, file, typeOnly } of imports)
    if (file !== undefined && !typeOnly) loads.set(from, (loads.get(from) ?? new Set()).add(file));
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at !== -1) return void found.push([...path.slice(at), file]);
    if (done.has(file)) return;
    for (const next of loads.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of loads.keys()) visit(file, []);
  return found;
}
