import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

export type Notes = {
  readonly folder: string;
  /** What task bodies noted about an object, line by line. */
  of(key: string): Promise<readonly string[]>;
  /** Lets the tasks go on that wait for this flag. */
  raise(flag: string): Promise<void>;
};

/** How tests and the task bodies in `dags/` speak to each other: by files. See `dags/notes.ts` for the other end. */
export async function openNotes(folder: string): Promise<Notes> {
  await mkdir(folder, { recursive: true });
  return {
    folder,
    async of(key) {
      const text = await readFile(join(folder, encodeURIComponent(key)), "utf8").catch(() => "");
      return text.split("\n").filter(Boolean);
    },
    raise: (flag) => writeFile(join(folder, `${encodeURIComponent(flag)}.flag`), ""),
  };
}
