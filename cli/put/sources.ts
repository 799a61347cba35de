import { readdir, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import mime from "mime";
import picomatch from "picomatch";
import { terminal } from "../../sdk/contracts/errors.ts";

/** A file that is to become an object. */
export type Source = { readonly file: string; readonly key: string; readonly size: number; readonly type: string | undefined };

/**
 * The files that the arguments name, with the keys that they get: a file its name, what is in a folder or behind a
 * glob its path below that folder or the glob's fixed part, all after the prefix.
 */
export async function findSources(named: readonly string[], prefix: string): Promise<readonly Source[]> {
  const found = (await Promise.all(named.map(filesOf))).flat();
  const base = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  const sources = await Promise.all(
    found.map(async ({ file, name }) => {
      const key = base + name.split(sep).join("/");
      return { file, key, size: (await stat(file)).size, type: mime.getType(file) ?? undefined };
    }),
  );
  return refuseTwins(sources);
}

type Named = { readonly file: string; readonly name: string };

async function filesOf(argument: string): Promise<readonly Named[]> {
  const known = await stat(argument).catch(() => undefined);
  if (known?.isFile()) return [{ file: argument, name: basename(argument) }];
  if (known?.isDirectory()) return notEmpty(await filesBelow(argument), `The folder ${argument} holds no files.`);
  const { base, glob, isGlob } = picomatch.scan(argument);
  if (!isGlob)
    throw terminal("NO_SUCH_FILE", `There is no file or folder "${argument}". Look at its spelling and at the folder you are in.`);
  const matches = picomatch(glob, { dot: false });
  const below = await filesBelow(base || ".").catch(() => []);
  return notEmpty(
    below.filter(({ name }) => matches(name.split(sep).join("/"))),
    `No file matches "${argument}".`,
  );
}

async function filesBelow(folder: string): Promise<readonly Named[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => ({ file, name: relative(folder, file) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

function notEmpty(files: readonly Named[], message: string): readonly Named[] {
  if (files.length > 0) return files;
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
