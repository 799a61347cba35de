import { stat } from "node:fs/promises";
import { basename, sep } from "node:path";
import mime from "mime";
import picomatch from "picomatch";
import { terminal } from "../../sdk/contracts/errors.ts";
import { filesBelow, type Found, type Skipped, skippedText } from "./folder.ts";

/** A file that is to become an object. */
export type Source = { readonly file: string; readonly key: string; readonly size: number; readonly type: string | undefined };

/**
 * The files that the arguments name, with the keys that they get: a file its name, what is in a folder or behind a
 * glob its path below that folder or the glob's fixed part, all after the prefix; and what of the folders is left out.
 */
export async function findSources(
  named: readonly string[],
  prefix: string,
): Promise<{ readonly sources: readonly Source[]; readonly skipped: readonly Skipped[] }> {
  const found = await Promise.all(named.map(filesOf));
  const base = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  const sources = await Promise.all(
    found
      .flatMap(({ files }) => files)
      .map(async ({ file, name }) => {
        const key = base + name.split(sep).join("/");
        return { file, key, size: (await stat(file)).size, type: mime.getType(file) ?? undefined };
      }),
  );
  return { sources: refuseTwins(sources), skipped: found.flatMap(({ skipped }) => skipped) };
}

async function filesOf(argument: string): Promise<Found> {
  const known = await stat(argument).catch(() => undefined);
  if (known?.isFile()) return { files: [{ file: argument, name: basename(argument) }], skipped: [] };
  if (known?.isDirectory()) {
    const found = await filesBelow(argument);
    const but = found.skipped.length > 0 ? ` but ${skippedText(found.skipped)}, which are not put unless they are named` : "";
    return notEmpty(found, `The folder ${argument} holds no files${but}.`);
  }
  const { base, glob, isGlob } = picomatch.scan(argument);
  if (!isGlob)
    throw terminal("NO_SUCH_FILE", `There is no file or folder "${argument}". Look at its spelling and at the folder you are in.`);
  // A dot in the glob asks for what is hidden.
  const matches = picomatch(glob, { dot: false });
  const { files } = await filesBelow(base || ".", { hidden: true }).catch(() => ({ files: [] }));
  return notEmpty({ files: files.filter(({ name }) => matches(name.split(sep).join("/"))), skipped: [] }, `No file matches "${argument}".`);
}

function notEmpty(found: Found, message: string): Found {
  if (found.files.length > 0) return found;
  throw terminal("NO_SUCH_FILE", message);
}

function refuseTwins(sources: readonly Source[]): readonly Source[] {
  const byKey = Map.groupBy(sources, ({ key }) => key);
  const twins = [...byKey.values()].find((group) => new Set(group.map(({ file }) => file)).size > 1);
  if (!twins) return [...byKey.values()].flatMap(([first]) => first ?? []);
  const [one, other] = twins;
  throw terminal(
    "ONE_KEY_FOR_TWO",
    `${one?.file} and ${other?.file} would both become the object ${one?.key}. Put them one by one, under prefixes of their own.`,
  );
}
