import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";

/** A file, and its path below what was named. */
export type Named = { readonly file: string; readonly name: string };

export type Skipped = { readonly file: string; readonly why: keyof typeof reasons };

export type Found = { readonly files: readonly Named[]; readonly skipped: readonly Skipped[] };

const reasons = {
  hidden: ["hidden one", "hidden ones"],
  "folder-link": ["link to a folder", "links to folders"],
  "broken-link": ["broken link", "broken links"],
  special: ["that is no file", "that are no files"],
} as const;

/**
 * The files below a folder. A link to a file is that file; links to folders are not followed, so that no loop can be.
 * What is hidden, by a dot at the beginning of its name, is left out unless it is asked for.
 */
export async function filesBelow(root: string, { hidden = false } = {}): Promise<Found> {
  const files: Named[] = [];
  const skipped: Skipped[] = [];

  async function walk(folder: string): Promise<void> {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const file = join(folder, entry.name);
      if (!hidden && entry.name.startsWith(".")) skipped.push({ file, why: "hidden" });
      else if (entry.isDirectory()) await walk(file);
      else {
        const target = entry.isSymbolicLink() ? await stat(file).catch(() => undefined) : entry;
        if (target?.isFile()) files.push({ file, name: relative(root, file) });
        else skipped.push({ file, why: target === undefined ? "broken-link" : target.isDirectory() ? "folder-link" : "special" });
      }
    }
  }

  await walk(root);
  return { files: files.sort((one, other) => (one.name < other.name ? -1 : 1)), skipped };
}

/** `2 hidden ones, 1 link to a folder`. */
export function skippedText(skipped: readonly Skipped[]): string {
  return [...Map.groupBy(skipped, ({ why }) => why)]
    .map(([why, same]) => `${same.length} ${reasons[why][same.length === 1 ? 0 : 1]}`)
    .join(", ");
}
