import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { SourcePlace } from "./problem.ts";

/** Turns places inside a bundle, which its source map gives relative to the cache, into places in the user's files. */
export type Relocate = <T extends SourcePlace>(place: T) => T;

export function relocator(file: string, inputs: readonly string[], cache: string): Relocate {
  const folder = dirname(resolve(file));
  return (place) => {
    if (place.file === undefined) return place;
    const source = resolve(folder, relative(resolve(cache), pathOf(place.file)));
    return inputs.includes(source) ? { ...place, file: source } : place;
  };
}

/** Where in the user's files an error was thrown; just the file where its stack does not say. */
export function placeOfError(thrown: unknown, file: string, inputs: readonly string[], relocate: Relocate): SourcePlace {
  const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
  for (const frame of stack.split("\n")) {
    const [, path, line, column] = /\(?((?:file:\/\/)?\/[^()]+?|[A-Za-z]:[^()]+?):(\d+):(\d+)\)?$/.exec(frame) ?? [];
    if (path === undefined) continue;
    const place = relocate({ file: path, line: Number(line), column: Number(column) });
    if (inputs.includes(place.file ?? "")) return place;
  }
  return { file: resolve(file) };
}

function pathOf(file: string): string {
  if (file.startsWith("file:")) return fileURLToPath(file);
  // Stack frames hold URLs with their scheme cut off, so spaces may stand as %20.
  return file.includes("%") ? decodeSafely(file) : file;
}

function decodeSafely(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
